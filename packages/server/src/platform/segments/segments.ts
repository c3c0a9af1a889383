import { mkdir, rm, writeFile } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import { createAppender } from "./appender.ts";
import { plainPath, scan, sealedPath, type SegmentInfo } from "./files.ts";
import { readRecord, type Extent } from "./record.ts";
import { createSealer } from "./sealer.ts";
import { createSources } from "./sources.ts";
import { spanOf, spansOf, type Span } from "./spans.ts";

export interface SegmentsNeeds {
  readonly clock: Clock;
  readonly log: Log;
  /** A segment takes no more records beyond this size; 64 MiB unless told. */
  readonly maxBytes?: number;
}

/** Append-only files for what is written once, read by place, and thrown away in bulk. */
export interface Segments extends AsyncDisposable {
  /** Resolves when all of them are durable, in order and side by side unless a segment was full. All or none count. */
  append(records: readonly Uint8Array[]): Promise<Extent[]>;
  /** One record. Throws `output.gone` when its segment was dropped, `store.damaged` when it is not what was written. */
  read(extent: Extent): Promise<Uint8Array>;
  /** A page of records, neighbours fetched together; undefined where the segment was dropped. */
  readMany(extents: readonly Extent[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Many records in the order given, neighbours fetched together; memory stays below one span of 1 MiB or one record. */
  stream(extents: Iterable<Extent>): AsyncGenerator<Uint8Array, void, undefined>;
  /** What there is, oldest first. */
  list(): readonly SegmentInfo[];
  /** Throws segments away for good; unknown ones are no error. Their numbers are not used again. */
  drop(segments: readonly number[]): Promise<void>;
  /** Ends the segment under way, so that it can be sealed and dropped; the next append begins another. */
  finish(): Promise<void>;
  /** Resolves when all that is finished is sealed. */
  settled(): Promise<void>;
}

const MAX_BYTES = 64 * 1024 * 1024;
const SPAN_BYTES = 1024 * 1024;

/** Opens the folder; what a killed process left torn is never looked at, because nothing indexes it. */
export async function openSegments(folder: string, needs: SegmentsNeeds): Promise<Segments> {
  const { clock, log, maxBytes = MAX_BYTES } = needs;
  const known = new Map<number, SegmentInfo>();
  for (const info of await scanOrMake(folder)) known.set(info.segment, info);
  const sources = createSources(folder);

  const sealer = createSealer({
    folder,
    log,
    sealed(segment, bytes) {
      const info = known.get(segment);
      if (info !== undefined) known.set(segment, { ...info, state: "sealed", bytes });
      sources.forget(segment);
    },
  });

  const appender = createAppender({
    folder,
    next: Math.max(0, ...known.keys()) + 1,
    maxBytes,
    changed(segment, bytes, finished) {
      known.set(segment, { segment, bytes, state: finished ? "finished" : "open", lastAppendAt: clock.now() });
      if (finished && bytes > 0) sealer.add(segment);
    },
  });

  for (const { segment, state, bytes } of known.values()) if (state === "finished" && bytes > 0) sealer.add(segment);

  async function records({ segment, start, bytes, extents }: Span): Promise<Uint8Array[]> {
    const read = await sources.with(segment, (source) => source.bytes(start, bytes));
    return extents.map((extent) => readRecord(read, start, extent));
  }

  async function dropOne(segment: number): Promise<void> {
    const newest = segment === Math.max(...known.keys());
    if (newest) {
      // The newest leaves an empty file behind: it keeps its number from being given again after a restart.
      await writeFile(plainPath(folder, segment), "", { mode: 0o600 });
      await rm(sealedPath(folder, segment), { force: true });
      known.set(segment, { segment, state: "finished", bytes: 0, lastAppendAt: clock.now() });
      return;
    }
    await rm(plainPath(folder, segment), { force: true });
    await rm(sealedPath(folder, segment), { force: true });
    known.delete(segment);
  }

  return {
    append: appender.append,
    finish: appender.finish,
    list: () => [...known.values()].sort((a, b) => a.segment - b.segment),
    settled: () => sealer.between(async () => {}),
    async read(extent) {
      const [payload] = await records(spanOf([extent]));
      return payload!;
    },
    async readMany(extents) {
      const read: (Uint8Array | undefined)[] = [];
      for (const span of spansOf(extents, SPAN_BYTES)) read.push(...(await records(span).catch(absent(span))));
      return read;
    },
    async *stream(extents) {
      for (const span of spansOf(extents, SPAN_BYTES)) yield* await records(span);
    },
    async drop(segments) {
      if (segments.some((segment) => known.get(segment)?.state === "open")) await appender.finish();
      await sealer.between(async () => {
        for (const segment of segments) {
          if (known.has(segment)) await dropOne(segment);
          sources.forget(segment);
        }
      });
    },
    async [Symbol.asyncDispose]() {
      await appender[Symbol.asyncDispose]();
      await sealer[Symbol.asyncDispose]();
      await sources[Symbol.asyncDispose]();
    },
  };
}

function absent({ extents }: Span): (error: unknown) => undefined[] {
  return (error) => {
    if (error instanceof AtalayaError && error.code === "output.gone") return extents.map(() => undefined);
    throw error;
  };
}

async function scanOrMake(folder: string): Promise<SegmentInfo[]> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await scan(folder);
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `Cannot work in ${folder}: ${(cause as Error).message}`, { cause });
  }
}
