// An extent is a piece of one run's output: chunks whose sequences follow one another, side by side. Each chunk is its
// stream (1 byte), its length (4), then the raw bytes. Sequences are not written: the index knows the first.
import type { OutputStream } from "@atalaya/protocol";

export interface Chunk {
  readonly sequence: number;
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

export const CHUNK_HEADER_BYTES = 5;
const STREAM = { stdout: 1, stderr: 2 } as const;

/** `memory`: where it shall lie, if it can come by memory that was used before. */
export function encodeExtent(
  chunks: readonly Chunk[],
  memory: (bytes: number) => Buffer = Buffer.allocUnsafe,
): Uint8Array {
  const length = chunks.reduce((sum, chunk) => sum + CHUNK_HEADER_BYTES + chunk.bytes.length, 0);
  const extent = memory(length);
  let at = 0;
  for (const { stream, bytes } of chunks) {
    extent.writeUInt8(STREAM[stream], at);
    extent.writeUInt32BE(bytes.length, at + 1);
    extent.set(bytes, at + CHUNK_HEADER_BYTES);
    at += CHUNK_HEADER_BYTES + bytes.length;
  }
  return extent;
}

/** The chunks share memory with `extent`. */
export function decodeExtent(extent: Uint8Array, first: number): readonly Chunk[] {
  const view = Buffer.from(extent.buffer, extent.byteOffset, extent.byteLength);
  const chunks: Chunk[] = [];
  for (let at = 0; at < view.length;) {
    const stream = view[at] === STREAM.stdout ? "stdout" : view[at] === STREAM.stderr ? "stderr" : undefined;
    const end = at + CHUNK_HEADER_BYTES + (at + CHUNK_HEADER_BYTES <= view.length ? view.readUInt32BE(at + 1) : 0);
    if (stream === undefined || at + CHUNK_HEADER_BYTES > view.length || end > view.length) {
      throw new RangeError(`no chunk of output begins at byte ${at} of this extent`);
    }
    chunks.push({ sequence: first + chunks.length, stream, bytes: extent.subarray(at + CHUNK_HEADER_BYTES, end) });
    at = end;
  }
  return chunks;
}
