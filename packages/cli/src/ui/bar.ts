import { bytes } from "./time.ts";

const CELLS = 20;

/** `[########------------] 40.0 of 100 MiB`: how much of something has gone its way. */
export function byteBar(done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, Math.max(0, done / total));
  const full = Math.floor(part * CELLS);
  return `[${"#".repeat(full)}${"-".repeat(CELLS - full)}] ${bytes(done)} of ${bytes(total)}`;
}
