import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Blob, Blobs, Range } from "../../platform/blobs/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { blobStore } from "./blobs.store.ts";
import type { BlobNames } from "./names.ts";
import { createQuota } from "./quota.ts";

export interface BlobsRoomNeeds {
  readonly store: Store;
  /** Where the bytes lie. */
  readonly bytes: Blobs;
  /** How much each uploader may have here at once, in bytes; absent: as much as there is room for. */
  readonly mostBytes?: number;
  readonly clock: Clock;
  readonly log: Log;
}

export interface BlobState {
  readonly sha256: string;
  /** Bytes of the caller's upload that are here: an upload goes on there. */
  readonly received: number;
  /** All of it is here and may be named. */
  readonly whole: boolean;
}

/** A piece of an upload. */
export interface UploadPart {
  readonly offset: number;
  /** More parts follow this one. */
  readonly more: boolean;
  /** Of the whole upload, where it is announced. */
  readonly total?: number;
}

export interface BlobsRoom {
  /** What an uploader has brought so far. Of blobs of others it tells nothing. */
  state(sha256: string, actor: Actor): Promise<BlobState>;
  /** Throws `blob.mismatch` (nothing stays), `request.conflict` with the offset to go on at, `request.too-large`, `blob.quota`, `disk.full`. */
  upload(sha256: string, bytes: AsyncIterable<Uint8Array>, part: UploadPart, actor: Actor): Promise<BlobState>;
  /** Throws `blob.unknown` also when it is there and not for this caller. */
  read(sha256: string, range: Range | undefined, actor: Actor, names: BlobNames): Promise<Blob>;
  /** The same for a run of a host; whoever asks has established both. */
  readForRun(sha256: string, range: Range | undefined): Promise<Blob>;
  /**
   * To be called before a job is made that names the blobs: from now on they stay long enough for that. `by`: only
   * those that this caller uploaded. Throws `blob.unknown` for the first that is missing.
   */
  claim(digests: readonly string[], by: string | undefined): Promise<void>;
  /** Removes what nothing names and nobody has used for a day. Returns how many blobs and bytes went. */
  collect(names: BlobNames): Promise<{ readonly blobs: number; readonly bytes: number }>;
}

const GRACE_MS = 86_400_000;
const AT_ONCE = 200;

export function createBlobs({ store, bytes, mostBytes = Infinity, clock, log }: BlobsRoomNeeds): BlobsRoom {
  const kept = blobStore(store);
  const quota = createQuota({
    mostBytes,
    clock,
    used: async (by) => (await kept.bytesOf(by)) + (await bytes.waiting(by)),
  });

  async function stateOf(sha256: string, actor: Actor): Promise<BlobState> {
    const size = await kept.sizeFor(sha256, actor.name);
    if (size !== undefined && (await bytes.has(sha256))) return { sha256, received: size, whole: true };
    return { sha256, received: await bytes.received(sha256, actor.name), whole: false };
  }

  async function read(sha256: string, range: Range | undefined): Promise<Blob> {
    return range === undefined ? bytes.get(sha256) : bytes.get(sha256, range);
  }

  return {
    state: stateOf,
    async upload(sha256, stream, { offset, more, total }, actor) {
      const known = await stateOf(sha256, actor);
      if (known.whole && (await kept.use([sha256], actor.name, clock.now())).has(sha256)) {
        await stream[Symbol.asyncIterator]().return?.();
        return known;
      }
      const sender = actor.name;
      const upload = await quota.begin(sender, { here: known.received, bytes: Math.max(total ?? 0, offset) });
      let size: number;
      try {
        if (offset > 0) upload.admit(known.received);
        const announced = Math.max((total ?? 0) - offset, 0);
        ({ size } = await bytes.put(stream, { sha256, offset, more, sender, admit: upload.admit, announced }));
        if (!more) await kept.uploaded(sha256, size, sender, clock.now());
        upload.end(size);
      } catch (error) {
        upload.end(await bytes.received(sha256, sender));
        throw error;
      }
      if (more) return { sha256, received: size, whole: false };
      log.info({ sha256, size, actor: sender }, "a blob was uploaded");
      return { sha256, received: size, whole: true };
    },
    async read(sha256, range, actor, names) {
      const may =
        (await kept.sizeFor(sha256, actor.name)) !== undefined || (await names.shownAmong([sha256], actor)).has(sha256);
      if (!may) throw unknown(sha256);
      return read(sha256, range);
    },
    readForRun: read,
    async claim(digests, by) {
      const used = await kept.use(digests, by, clock.now());
      for (const sha256 of digests) if (!used.has(sha256) || !(await bytes.has(sha256))) throw unknown(sha256);
    },
    async collect(names) {
      const before = clock.now() - GRACE_MS;
      for (let after = ""; ;) {
        const stale = await kept.stale(before, after, AT_ONCE);
        if (stale.length === 0) break;
        const named = await names.named(stale);
        await kept.forget(
          stale.filter((sha256) => !named.has(sha256)),
          before,
        );
        after = stale.at(-1)!;
      }
      // What is in no table: forgotten now, or left by a server that was killed between the bytes and the row.
      const collected = await bytes.collect((sha256) => kept.has(sha256), GRACE_MS);
      if (collected.blobs > 0) log.info({ ...collected }, "removed blobs that nothing names");
      return collected;
    },
  };
}

function unknown(sha256: string): AtalayaError {
  return new AtalayaError("blob.unknown", `There is no blob ${sha256} here that you may use.`, {
    next: `Upload it: PUT /api/v1/blobs/${sha256}`,
  });
}
