/**
 * A sealed segment: blocks compressed with zstd, each by itself so that one can be read without the others; then the
 * compressed length of each block (4 bytes each); then a trailer: size before sealing (8), bytes of a block before
 * sealing (4), number of blocks (4), CRC-32 of lengths and trailer so far (4), magic (8). All big-endian.
 */
import { crc32 } from "node:zlib";

export interface SealedIndex {
  readonly size: number;
  readonly blockBytes: number;
  /** Where each block begins in the file, and where the last one ends. */
  readonly starts: readonly number[];
}

const MAGIC = Buffer.from("ATSEAL01", "latin1");
export const TRAILER_BYTES = 28;
const MAX_BLOCK_BYTES = 4 * 1024 * 1024;

export function encodeIndex(size: number, blockBytes: number, lengths: readonly number[]): Buffer {
  const index = Buffer.alloc(lengths.length * 4 + TRAILER_BYTES);
  let at = 0;
  for (const length of lengths) at = index.writeUInt32BE(length, at);
  at = index.writeBigUInt64BE(BigInt(size), at);
  at = index.writeUInt32BE(blockBytes, at);
  at = index.writeUInt32BE(lengths.length, at);
  at = index.writeUInt32BE(crc32(index.subarray(0, at)), at);
  MAGIC.copy(index, at);
  return index;
}

/** How many bytes at the end of a file its index takes; undefined when `trailer` is none. */
export function indexBytes(trailer: Buffer): number | undefined {
  if (trailer.length !== TRAILER_BYTES || !trailer.subarray(20).equals(MAGIC)) return undefined;
  return trailer.readUInt32BE(12) * 4 + TRAILER_BYTES;
}

/** Reads an index that ends a file of `fileBytes`; undefined when anything about it does not fit. */
export function decodeIndex(index: Buffer, fileBytes: number): SealedIndex | undefined {
  if (index.length < TRAILER_BYTES || indexBytes(index.subarray(-TRAILER_BYTES)) !== index.length) return undefined;
  const fields = index.length - TRAILER_BYTES;
  if (index.readUInt32BE(fields + 16) !== crc32(index.subarray(0, fields + 16))) return undefined;
  const size = Number(index.readBigUInt64BE(fields));
  const blockBytes = index.readUInt32BE(fields + 8);
  const blocks = fields / 4;
  // A size that is no block's would make readers reserve memory for what is not there.
  if (blockBytes === 0 || blockBytes > MAX_BLOCK_BYTES || Math.ceil(size / blockBytes) !== blocks) return undefined;
  const starts = [0];
  for (let block = 0; block < blocks; block++) starts.push(starts[block]! + index.readUInt32BE(block * 4));
  return starts[blocks] === fileBytes - index.length ? { size, blockBytes, starts } : undefined;
}
