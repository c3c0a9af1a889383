import { bytes } from "./time.ts";

const CELLS = 20;

/** `[########------------]`; `part` from 0 to 1. */
export function bar(part: number): string {
  const full = Math.floor(Math.min(1, Math.max(0, part)) * CELLS);
  return `[${"#".repeat(full)}${"-".repeat(CELLS - full)}]`;
}

/** `[########------------] 40.0 of 100 MiB`: how much of something has gone its way. */
export function byteBar(done: number, total: number): string {
  return `${bar(total === 0 ? 1 : done / total)} ${bytes(done)} of ${bytes(total)}`;
}
