/** Output as readers want it: chunks in order, from the extents the index names. */
import { decodeExtent, type Chunk } from "./extent.ts";
import { gone, type OutputIndex, type OutputStore } from "./output.store.ts";
import type { OutputTable } from "./tables.store.ts";

export interface OutputReader {
  /** Chunks of one run after `sequence`, about so many bytes of them. Throws `output.gone` when the next was dropped. */
  some(job: number, host: number, sequence: number, maxBytes: number): Promise<readonly Chunk[]>;
  /** All committed chunks of one run after `sequence`, up to `last`. */
  all(job: number, host: number, sequence: number, last: number): AsyncGenerator<Chunk, void, undefined>;
  /** Of a whole job after `revision`, in the order of commits. */
  ofJob(job: number, revision: number, maxBytes: number): Promise<JobOutput>;
  /** The same of all jobs that one actor made. */
  ofMaker(createdBy: string, revision: number, maxBytes: number): Promise<JobOutput>;
}

export interface JobOutput {
  readonly chunks: readonly (Chunk & { readonly job: number; readonly host: number })[];
  /** The last revision whose output is among them; undefined when there is none. */
  readonly revision: number | undefined;
  readonly more: boolean;
}

const PIECE_BYTES = 1024 * 1024;

export function outputReader(index: OutputIndex, store: OutputStore): OutputReader {
  async function* chunksOf(extents: readonly OutputTable[], after: number): AsyncGenerator<Chunk, void, undefined> {
    let next = after + 1;
    let at = 0;
    for await (const bytes of store.read(extents)) {
      const extent = extents[at]!;
      at += 1;
      if (extent.first > next) throw gone();
      for (const chunk of decodeExtent(bytes, extent.first)) if (chunk.sequence >= next) yield chunk;
      next = Math.max(next, extent.last + 1);
    }
  }

  async function some(job: number, host: number, sequence: number, maxBytes: number): Promise<readonly Chunk[]> {
    const extents = await index.ofRun(job, host, sequence, maxBytes);
    const chunks: Chunk[] = [];
    for await (const chunk of chunksOf(extents, sequence)) chunks.push(chunk);
    return chunks;
  }

  async function whole({ extents, more }: Awaited<ReturnType<OutputIndex["ofJob"]>>): Promise<JobOutput> {
    const chunks: (Chunk & { readonly job: number; readonly host: number })[] = [];
    let at = 0;
    for await (const bytes of store.read(extents)) {
      const { job, host, first } = extents[at]!;
      at += 1;
      for (const chunk of decodeExtent(bytes, first)) chunks.push({ ...chunk, job, host });
    }
    return { chunks, revision: extents.at(-1)?.revision, more };
  }

  return {
    some,
    async *all(job, host, sequence, last) {
      for (let after = sequence; after < last;) {
        const chunks = await some(job, host, after, PIECE_BYTES);
        if (chunks.length === 0) throw gone();
        yield* chunks;
        after = chunks.at(-1)!.sequence;
      }
    },
    ofJob: async (job, revision, maxBytes) => whole(await index.ofJob(job, revision, maxBytes)),
    ofMaker: async (createdBy, revision, maxBytes) => whole(await index.ofMaker(createdBy, revision, maxBytes)),
  };
}
