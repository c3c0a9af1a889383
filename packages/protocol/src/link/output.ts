// Layout: stream (1 byte), run handle (4), sequence (8), then the raw bytes. Raw, because base64 inside JSON costs a
// third more on the busiest path of the system. The handle is the number this link gave the run; it is void when the
// link ends. One sequence serves both streams of a run, so that their order as observed is kept.
import { AtalayaError } from "../failures.ts";

export type OutputStream = "stdout" | "stderr";

export interface OutputFrame {
  readonly stream: OutputStream;
  /** What `start` or `welcome.resume` called this run on this link. */
  readonly handle: number;
  /** Starts at 1, grows by one a chunk, over both streams. */
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export const OUTPUT_HEADER_BYTES = 13;
/** The largest chunk an agent may send in one frame. */
export const MAX_OUTPUT_CHUNK_BYTES = 256 * 1024;

const STREAM = { stdout: 0x01, stderr: 0x02 } as const;

export function encodeOutput(frame: OutputFrame): Uint8Array {
  const buffer = new Uint8Array(OUTPUT_HEADER_BYTES + frame.bytes.length);
  const view = new DataView(buffer.buffer);
  view.setUint8(0, STREAM[frame.stream]);
  view.setUint32(1, frame.handle);
  view.setBigUint64(5, BigInt(frame.sequence));
  buffer.set(frame.bytes, OUTPUT_HEADER_BYTES);
  return buffer;
}

/** The returned bytes share memory with `buffer`: copy them before the buffer is reused. */
export function decodeOutput(buffer: Uint8Array): OutputFrame {
  if (buffer.length < OUTPUT_HEADER_BYTES) throw malformed(`an output frame has at least ${OUTPUT_HEADER_BYTES} bytes`);
  if (buffer.length > OUTPUT_HEADER_BYTES + MAX_OUTPUT_CHUNK_BYTES) {
    throw new AtalayaError("frame.too-large", `an output frame carries at most ${MAX_OUTPUT_CHUNK_BYTES} bytes`);
  }
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const stream = streamOf(view.getUint8(0));
  const sequence = view.getUint32(5) * 2 ** 32 + view.getUint32(9);
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw malformed("the sequence is not a positive safe integer");
  return { stream, handle: view.getUint32(1), sequence, bytes: buffer.subarray(OUTPUT_HEADER_BYTES) };
}

function streamOf(byte: number): OutputStream {
  if (byte === STREAM.stdout) return "stdout";
  if (byte === STREAM.stderr) return "stderr";
  throw malformed(`${byte} names no stream`);
}

function malformed(sentence: string): AtalayaError {
  return new AtalayaError("frame.malformed", sentence);
}
