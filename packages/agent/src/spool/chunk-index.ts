/**
 * How a run's streams were cut into numbered chunks, so that after the agent's restart the same sequences carry the
 * same bytes. Only lengths are kept; the bytes stand in the stream's file.
 *
 * Layout: magic (4), flow (1), damaged (1), 2 spare, sequence before the first record (8), bytes of the streams before that
 * (8); then a record a chunk: kind (4), length (4), all big-endian. A *generation* ends when the files were emptied;
 * the header then begins a new one. Records are appended before their chunk is sent and are not synced: they must
 * outlive the agent, not the machine, for a run does not outlive the machine either.
 */
import type { OutputStream } from "@atalaya/protocol";

export const HEADER_BYTES = 24;
export const RECORD_BYTES = 8;
const MAGIC = 0x41_43_49_31;
const KIND = { stdout: 1, stderr: 2, "stdout-gap": 3, "stderr-gap": 4 } as const;

/**
 * How the command's output flows. `paused`: the pumps are stopped, or about to be, because too much waits here.
 * `emptying`: all was committed and the files are being emptied (again, after a crash). `emptied`: the pumps have only
 * to be continued. While they are stopped each step may be done twice without harm.
 */
export const flows = ["flowing", "paused", "emptying", "emptied"] as const;
export type Flow = (typeof flows)[number];

export interface Generation {
  readonly flow: Flow;
  /** The last sequence of the generations before. */
  readonly base: number;
  /** Bytes of both streams in the generations before. */
  readonly bytesBefore: number;
  /** Whether bytes were left out of the sequence because nobody knew any more what the server had of them. */
  readonly damaged: boolean;
}

export interface Chunk {
  readonly sequence: number;
  readonly stream: OutputStream;
  readonly offset: number;
  readonly length: number;
}

export interface ChunkIndex {
  generation: Generation;
  readonly chunks: Chunk[];
  /** Where the next chunk of each stream begins in its file. */
  readonly next: { stdout: number; stderr: number };
  lastSequence: number;
  /** Bytes cut in this generation, over both streams. */
  bytes: number;
  records: number;
}

export function encodeHeader(generation: Generation): Uint8Array {
  const buffer = Buffer.alloc(HEADER_BYTES);
  buffer.writeUInt32BE(MAGIC, 0);
  buffer.writeUInt8(flows.indexOf(generation.flow), 4);
  buffer.writeUInt8(generation.damaged ? 1 : 0, 5);
  buffer.writeBigUInt64BE(BigInt(generation.base), 8);
  buffer.writeBigUInt64BE(BigInt(generation.bytesBefore), 16);
  return buffer;
}

export function emptyIndex(generation: Generation): ChunkIndex {
  return {
    generation,
    chunks: [],
    next: { stdout: 0, stderr: 0 },
    lastSequence: generation.base,
    bytes: 0,
    records: 0,
  };
}

/** Cuts the next chunk off a stream. Returns the record to append, and the chunk. */
export function cut(
  index: ChunkIndex,
  stream: OutputStream,
  length: number,
): { readonly chunk: Chunk; readonly record: Uint8Array } {
  const chunk: Chunk = { sequence: index.lastSequence + 1, stream, offset: index.next[stream], length };
  index.chunks.push(chunk);
  index.lastSequence = chunk.sequence;
  index.next[stream] += length;
  index.bytes += length;
  index.records += 1;
  return { chunk, record: encodeRecord(stream, length) };
}

/**
 * For an index that lost its end, or all of it: the server has `through`, more than this knows of, and how many bytes
 * that were is known to nobody here. Bytes that may be there already are left out, for output is never told twice: the
 * sequence goes on behind all that stands in the files. Returns the whole file, too.
 */
export function skipTo(
  { generation }: ChunkIndex,
  through: number,
  sizes: Readonly<Record<OutputStream, number>>,
): { readonly index: ChunkIndex; readonly file: Uint8Array } {
  const index = emptyIndex({ ...generation, base: through, damaged: true });
  const records = (["stdout", "stderr"] as const).map((stream) => leaveOut(index, stream, sizes[stream]));
  return { index, file: Buffer.concat([encodeHeader(index.generation), ...records]) };
}

function leaveOut(index: ChunkIndex, stream: OutputStream, length: number): Uint8Array {
  index.next[stream] += length;
  index.bytes += length;
  index.records += 1;
  return encodeRecord(`${stream}-gap`, length);
}

/** Forgets chunks that the server has committed; their bytes stay in the files until the generation ends. */
export function acknowledge(index: ChunkIndex, through: number): void {
  let count = 0;
  while (count < index.chunks.length && index.chunks[count]!.sequence <= through) count += 1;
  if (count > 0) index.chunks.splice(0, count);
  // The server may know more than a spool that lost its tail to a power cut: never give those numbers out again.
  if (through > index.lastSequence) index.lastSequence = through;
}

/** Reads an index file as far as it can be read. Undefined when even the header cannot be. */
export function decodeIndex(file: Buffer): ChunkIndex | undefined {
  if (file.length < HEADER_BYTES || file.readUInt32BE(0) !== MAGIC) return undefined;
  const index = emptyIndex({
    flow: flows[file.readUInt8(4)] ?? "flowing",
    base: Number(file.readBigUInt64BE(8)),
    bytesBefore: Number(file.readBigUInt64BE(16)),
    damaged: file.readUInt8(5) === 1,
  });
  for (let at = HEADER_BYTES; at + RECORD_BYTES <= file.length; at += RECORD_BYTES) {
    const length = file.readUInt32BE(at + 4);
    switch (file.readUInt32BE(at)) {
      case KIND.stdout:
        cut(index, "stdout", length);
        break;
      case KIND.stderr:
        cut(index, "stderr", length);
        break;
      case KIND["stdout-gap"]:
        leaveOut(index, "stdout", length);
        break;
      case KIND["stderr-gap"]:
        leaveOut(index, "stderr", length);
        break;
      default:
        return index;
    }
  }
  return index;
}

function encodeRecord(kind: keyof typeof KIND, length: number): Uint8Array {
  const record = Buffer.allocUnsafe(RECORD_BYTES);
  record.writeUInt32BE(KIND[kind], 0);
  record.writeUInt32BE(length, 4);
  return record;
}
