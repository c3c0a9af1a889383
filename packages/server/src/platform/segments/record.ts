/**
 * How a record lies in a segment: payload length (4 bytes), CRC-32 of the payload (4 bytes), both big-endian, then the
 * payload. Nothing says where records begin but the index: what is not indexed is never looked at.
 */
import { crc32 } from "node:zlib";
import { AtalayaError } from "@atalaya/protocol";

/** Where a record lies: kept by whoever appended it. */
export interface Extent {
  readonly segment: number;
  /** Where its header begins, in bytes of the segment before sealing. */
  readonly offset: number;
  /** Bytes of the payload. */
  readonly length: number;
}

export const HEADER_BYTES = 8;

/** Writes header and payload at `offset`; returns where the next record begins. */
export function writeRecord(target: Buffer, offset: number, payload: Uint8Array): number {
  writeHeader(target, offset, payload);
  target.set(payload, offset + HEADER_BYTES);
  return offset + HEADER_BYTES + payload.length;
}

export function writeHeader(target: Buffer, offset: number, payload: Uint8Array): void {
  target.writeUInt32BE(payload.length, offset);
  target.writeUInt32BE(crc32(payload), offset + 4);
}

/** The payload at `extent` in `bytes`, which begin at `start` of the segment. Shares their memory. */
export function readRecord(bytes: Uint8Array, start: number, extent: Extent): Uint8Array {
  const at = extent.offset - start;
  const end = at + HEADER_BYTES + extent.length;
  if (at < 0 || end > bytes.length) throw damaged(extent, "it ends early");
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  if (view.getUint32(0) !== extent.length) throw damaged(extent, "another length stands there");
  const payload = bytes.subarray(at + HEADER_BYTES, end);
  if (view.getUint32(4) !== crc32(payload)) throw damaged(extent, "its checksum differs");
  return payload;
}

/** Bytes that were durable once and do not read as they were written. */
export function damaged(extent: Extent | { readonly segment: number }, why: string): AtalayaError {
  const { segment } = extent;
  const where = "offset" in extent ? `the record at ${extent.offset} of segment ${segment}` : `segment ${segment}`;
  return new AtalayaError("store.damaged", `Cannot read ${where}: ${why}`, { details: { ...extent } });
}
