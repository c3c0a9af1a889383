/**
 * Blobs that a waypoint keeps for those behind it, by their SHA-256. Each is fetched once, whoever asks meanwhile, and
 * read while it comes. What was used last goes last when there is no more room.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, statfs, utimes, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";

export interface BlobCacheNeeds {
  readonly folder: string;
  readonly mostBytes: number;
  readonly now: () => number;
}

/** Brings a blob into a file, going on behind what it holds; when it resolves the file holds it whole, and was checked. */
export type Bring = (into: string, came: (bytes: number) => void, signal: AbortSignal) => Promise<void>;

export interface BlobCache extends Disposable {
  /**
   * The bytes from `offset` on, as they come; `bring` is called when nobody has brought it yet. Throws
   * `request.too-large` when there is no room for it.
   */
  read(
    blob: {
      readonly sha256: string;
      readonly size: number;
      readonly offset: number;
      /** The reader has gone. */
      readonly signal: AbortSignal;
    },
    bring: Bring,
  ): AsyncGenerator<Buffer>;
}

interface Entry {
  readonly size: number;
  /** `kept`: by an earlier process; it is looked at before it is used. */
  state: "coming" | "kept" | "whole" | "failed";
  have: number;
  usedAt: number;
  failure?: unknown;
  readers: number;
  checking?: Promise<boolean>;
  readonly changed: Set<() => void>;
  readonly abort: AbortController;
}

const SHA256 = /^[0-9a-f]{64}$/;
const PART_BYTES = 256 * 1024;
/** Left for everything else on the disk. */
const FREE_BYTES = 256 * 1024 * 1024;
/** A blob that nobody waits for any more is brought on for so long. */
const ALONE_MS = 30_000;

export async function openBlobCache({ folder, mostBytes, now }: BlobCacheNeeds): Promise<BlobCache> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const entries = new Map<string, Entry>();
  const pathOf = (sha256: string): string => join(folder, sha256);
  for (const name of await readdir(folder)) {
    if (!SHA256.test(name)) {
      // What was coming when the last process ended.
      await rm(join(folder, name), { force: true, recursive: true });
      continue;
    }
    const { size, mtimeMs } = await stat(join(folder, name));
    entries.set(name, entryOf(size, "kept", mtimeMs));
  }

  async function makeRoom(wanted: Entry): Promise<void> {
    const { size } = wanted;
    const others = [...entries].filter(([, entry]) => entry !== wanted);
    let used = others.reduce((sum, [, entry]) => sum + entry.size, 0);
    const old = others.filter(([, { state }]) => state !== "coming").sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [sha256, entry] of old) {
      if (used + size <= mostBytes) break;
      entries.delete(sha256);
      used -= entry.size;
      // Who reads it has it open.
      await rm(pathOf(sha256), { force: true });
    }
    const { bavail, bsize } = await statfs(folder);
    if (used + size > mostBytes || bavail * bsize - size < FREE_BYTES)
      throw new AtalayaError("request.too-large", `the waypoint has no room for a blob of ${size} bytes`);
  }

  async function bringOnce(sha256: string, entry: Entry, bring: Bring): Promise<void> {
    const part = `${pathOf(sha256)}.part`;
    try {
      await makeRoom(entry);
      await rm(part, { force: true });
      await (await open(part, "wx", 0o600)).close();
      tell(entry);
      const came = (bytes: number): void => {
        // A file whose bytes were wrong is begun again: what has been read of it is not taken back.
        entry.have = Math.max(entry.have, Math.min(bytes, entry.size));
        tell(entry);
      };
      await bring(part, came, entry.abort.signal);
      if ((await stat(part)).size !== entry.size)
        throw new AtalayaError("blob.mismatch", `the blob ${sha256} is not as long as it was said to be`);
      await rename(part, pathOf(sha256));
      entry.have = entry.size;
      entry.state = "whole";
    } catch (error) {
      entry.failure = error;
      entry.state = "failed";
      if (entries.get(sha256) === entry) entries.delete(sha256);
      await rm(part, { force: true });
    } finally {
      tell(entry);
    }
  }

  /** False: it was not what its name says, or is gone. */
  async function check(sha256: string, entry: Entry): Promise<boolean> {
    const hash = createHash("sha256");
    try {
      for await (const part of createReadStream(pathOf(sha256)) as AsyncIterable<Buffer>) hash.update(part);
    } catch {
      // Gone.
    }
    if (hash.digest("hex") === sha256) {
      entry.state = "whole";
      entry.have = entry.size;
      return true;
    }
    if (entries.get(sha256) === entry) entries.delete(sha256);
    await rm(pathOf(sha256), { force: true });
    return false;
  }

  async function entryFor(sha256: string, size: number, bring: Bring): Promise<Entry> {
    const known = entries.get(sha256);
    if (known?.state === "kept") {
      known.checking ??= check(sha256, known);
      if (!(await known.checking)) return entryFor(sha256, size, bring);
    }
    if (known !== undefined) return known;
    const entry = entryOf(size, "coming", now());
    entries.set(sha256, entry);
    void bringOnce(sha256, entry, bring);
    return entry;
  }

  async function* read(
    { sha256, size, offset, signal }: Parameters<BlobCache["read"]>[0],
    bring: Bring,
  ): AsyncGenerator<Buffer> {
    const entry = await entryFor(sha256, size, bring);
    entry.readers += 1;
    entry.usedAt = now();
    let file: FileHandle | undefined;
    try {
      for (let at = offset; at < entry.size;) {
        signal.throwIfAborted();
        if (entry.state === "failed") throw entry.failure;
        if (at >= entry.have) {
          await change(entry, signal);
          continue;
        }
        file ??= await openAny(`${pathOf(sha256)}.part`, pathOf(sha256));
        const part = Buffer.allocUnsafe(Math.min(PART_BYTES, entry.have - at));
        const { bytesRead } = await file.read(part, 0, part.length, at);
        if (bytesRead === 0) throw new AtalayaError("blob.unknown", "the blob went away");
        at += bytesRead;
        yield part.subarray(0, bytesRead);
      }
      const at = new Date(now());
      await utimes(pathOf(sha256), at, at).catch(() => undefined);
    } finally {
      await file?.close();
      entry.readers -= 1;
      if (entry.readers === 0 && entry.state === "coming") leaveAlone(entry);
    }
  }

  function leaveAlone(entry: Entry): void {
    const timer = setTimeout(() => {
      if (entry.readers === 0 && entry.state === "coming") entry.abort.abort();
    }, ALONE_MS);
    timer.unref();
  }

  return {
    read,
    [Symbol.dispose]() {
      for (const entry of entries.values()) entry.abort.abort();
    },
  };
}

function entryOf(size: number, state: "coming" | "kept", usedAt: number): Entry {
  return { size, state, have: 0, usedAt, readers: 0, changed: new Set(), abort: new AbortController() };
}

function tell(entry: Entry): void {
  for (const heard of [...entry.changed]) heard();
}

/** Resolves also when the signal comes. */
function change(entry: Entry, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => {
      entry.changed.delete(heard);
      signal.removeEventListener("abort", heard);
      resolve();
    };
    entry.changed.add(heard);
    signal.addEventListener("abort", heard, { once: true });
  });
}

/** While it comes it has the first name, afterwards the second. */
async function openAny(...paths: readonly string[]): Promise<FileHandle> {
  for (const path of paths.slice(0, -1)) {
    try {
      return await open(path, "r");
    } catch {
      // Renamed.
    }
  }
  return open(paths.at(-1)!, "r");
}
