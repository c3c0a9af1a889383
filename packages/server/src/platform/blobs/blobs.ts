import { createHash, randomUUID } from "node:crypto";
import { utimesSync } from "node:fs";
import { mkdir, open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import { giveBack, lendBuffer } from "../lent-buffers.ts";
import { collectBlobs, type Collected, type Collection } from "./collect.ts";
import { diskRoom } from "./disk-room.ts";
import {
  blobPaths,
  blobUnknown,
  checkDigest,
  isDigest,
  isUpload,
  isUploadOf,
  storedPath,
  uploadName,
} from "./names.ts";
import { keep, receive, type Received } from "./receive.ts";

export interface BlobsNeeds {
  readonly clock: Clock;
  /** The largest blob; 64 GiB unless told. */
  readonly maxBytes?: number;
  /** What uploads leave free of the disk; nothing unless told. */
  readonly reserveBytes?: number;
}

export interface PutOptions {
  /** What the bytes must be. Only such an upload can be resumed. */
  readonly sha256?: string;
  /** How many bytes the stream leaves out because they came before: what `received` says. */
  readonly offset?: number;
  /**
   * Whose upload it is. Uploads of different senders never mix, and every sender must bring all the bytes, also of a
   * blob that is here already: only then does it prove that it has them.
   */
  readonly sender?: string;
  /** The stream ends before the blob does: what came is kept to be gone on with. */
  readonly more?: boolean;
  /** How many bytes come, where that is known: what does not fit on the disk is refused before it comes. */
  readonly announced?: number;
  /** Asked before each piece is kept; what it throws refuses the upload, of which then nothing stays. */
  readonly admit?: (bytes: number) => void;
}

export interface Range {
  readonly offset: number;
  /** To the end when left out. */
  readonly length?: number;
}

export interface Blob {
  /** Of the whole blob. */
  readonly size: number;
  /** Of the range asked for. Read it or call its `return`; nothing is opened before. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Files by the SHA-256 of their bytes. Knowing a digest is no permission: who may read is the caller's to decide. */
export interface Blobs {
  /**
   * Stores the stream; durable when it resolves. Throws `blob.mismatch` (nothing stays), `request.too-large` (nothing
   * stays), `disk.full` (nothing stays), `request.conflict` when the same blob is being put or the offset is not where the last upload ended
   * (`details.offset`). Throws the stream's own error when that breaks; the part that came can be resumed.
   */
  put(bytes: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Received>;
  /** How many bytes of a sender's unfinished upload are here. */
  received(sha256: string, sender?: string): Promise<number>;
  /** How many bytes of all unfinished uploads of a sender are here. */
  waiting(sender: string): Promise<number>;
  has(sha256: string): Promise<boolean>;
  /** Throws `blob.unknown`; `request.malformed` when the range begins behind the end. */
  get(sha256: string, range?: Range): Promise<Blob>;
  /** Reads the blob and says whether it is still what its name says. */
  verify(sha256: string): Promise<boolean>;
  /** Removes what is not named and older than the grace. */
  collect(named: Collection["named"], olderThanMs: number): Promise<Collected>;
}

const MAX_BYTES = 64 * 1024 ** 3;

export async function openBlobs(
  folder: string,
  { clock, maxBytes = MAX_BYTES, reserveBytes = 0 }: BlobsNeeds,
): Promise<Blobs> {
  const paths = blobPaths(folder);
  await makeFolders(folder, paths.incoming, paths.stored);
  const room = diskRoom(folder, reserveBytes);
  const underway = new Set<string>();
  const pathOf = (sha256: string) => storedPath(paths, sha256);
  const received = async (upload: string) => (await sizeOf(join(paths.incoming, upload))) ?? 0;

  /** Makes a blob that is here already young again, so that collection leaves it until the caller has named it. */
  async function known(sha256: string): Promise<Received | undefined> {
    const size = await sizeOf(pathOf(sha256));
    if (size === undefined) return undefined;
    try {
      utimesSync(pathOf(sha256), clock.now() / 1_000, clock.now() / 1_000);
    } catch (error) {
      // Collected a moment ago: then it comes anew.
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    return { sha256, size };
  }

  async function putNamed(bytes: AsyncIterable<Uint8Array>, sha256: string, options: PutOptions): Promise<Received> {
    const { offset = 0, sender, more = false, admit } = options;
    const name = uploadName(sha256, sender);
    const here = sender === undefined ? await known(sha256) : undefined;
    if (here !== undefined) {
      await bytes[Symbol.asyncIterator]().return?.();
      return here;
    }
    const waiting = await received(name);
    if (offset > waiting || (offset < waiting && offset > 0)) {
      throw new AtalayaError("request.conflict", `The upload goes on at byte ${waiting}, not ${offset}`, {
        details: { offset: waiting },
      });
    }
    const partial = join(paths.incoming, name);
    // Somebody begins anew.
    if (offset === 0) await rm(partial, { force: true });
    await room.need(options.announced ?? 0);
    const upload = { partial, offset, maxBytes, room, admit };
    if (more) return { sha256, size: await keep(bytes, upload) };
    return receive(bytes, { ...upload, expected: sha256, pathOf });
  }

  async function putUnnamed(bytes: AsyncIterable<Uint8Array>, { admit }: PutOptions): Promise<Received> {
    const partial = join(paths.incoming, randomUUID());
    return receive(bytes, { partial, offset: 0, expected: undefined, maxBytes, room, admit, pathOf }).catch(
      async (error: unknown) => {
        await rm(partial, { force: true });
        throw error;
      },
    );
  }

  return {
    async put(bytes, options = {}) {
      const { sha256, sender } = options;
      if (sha256 === undefined) {
        if ((options.offset ?? 0) !== 0 || options.more === true)
          throw new AtalayaError("request.malformed", "Only an upload with a digest can be resumed");
        return putUnnamed(bytes, options);
      }
      checkDigest(sha256);
      const upload = uploadName(sha256, sender);
      if (underway.has(upload)) throw new AtalayaError("request.conflict", `Blob ${sha256} is being put`);
      underway.add(upload);
      return putNamed(bytes, sha256, options).finally(() => underway.delete(upload));
    },
    async received(sha256, sender) {
      checkDigest(sha256);
      return received(uploadName(sha256, sender));
    },
    async waiting(sender) {
      const names = (await readdir(paths.incoming)).filter((name) => isUploadOf(name, sender));
      const sizes = await Promise.all(names.map((name) => received(name)));
      return sizes.reduce((sum, size) => sum + size, 0);
    },
    has: async (sha256) => isDigest(sha256) && (await sizeOf(pathOf(sha256))) !== undefined,
    async get(sha256, { offset, length } = { offset: 0 }) {
      checkDigest(sha256);
      const size = await sizeOf(pathOf(sha256));
      if (size === undefined) throw blobUnknown(sha256);
      if (offset < 0 || offset > size || (length ?? 0) < 0) {
        throw new AtalayaError("request.malformed", `The blob has ${size} bytes`, { details: { size } });
      }
      const end = Math.min(size, length === undefined ? size : offset + length);
      return { size, bytes: read(pathOf(sha256), offset, end) };
    },
    async verify(sha256) {
      checkDigest(sha256);
      const size = await sizeOf(pathOf(sha256));
      if (size === undefined) throw blobUnknown(sha256);
      const hash = createHash("sha256");
      for await (const chunk of read(pathOf(sha256), 0, size)) {
        hash.update(chunk);
        giveBack(chunk);
      }
      return hash.digest("hex") === sha256;
    },
    collect: (named, olderThanMs) => collectBlobs(paths, clock.now(), { named, olderThanMs }),
  };
}

/** Reads when it is asked and never ahead: a hundred readers hold a hundred chunks, and who has written one gives it back. */
async function* read(path: string, start: number, end: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (end <= start) return;
  await using file = await open(path, "r");
  for (let at = start; at < end;) {
    const chunk = lendBuffer();
    const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - at), at);
    if (bytesRead === 0) throw new Error(`the blob ${path} is shorter than it was`);
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Uploads without a digest cannot be resumed: a killed server's are taken away. */
async function makeFolders(folder: string, incoming: string, stored: string): Promise<void> {
  try {
    await mkdir(incoming, { recursive: true, mode: 0o700 });
    await mkdir(stored, { recursive: true, mode: 0o700 });
    for (const name of await readdir(incoming)) if (!isUpload(name)) await rm(join(incoming, name), { force: true });
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `Cannot work in ${folder}: ${(cause as Error).message}`, { cause });
  }
}
