import { closeSync, readdirSync, readFileSync } from "node:fs";

/** fcntl(2): what a program has so marked does not reach those it starts. */
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes what whoever started this process left open in it: the runtime marks all of its own, and of what it inherits
 * only what stands before the first gap, so a descriptor 251 would reach every command. Only call before anything is
 * opened. Not for processes that are handed descriptors.
 */
export function closeInherited(): void {
  let numbers: readonly number[];
  try {
    numbers = readdirSync("/proc/self/fd").map(Number);
  } catch {
    return;
  }
  for (const number of numbers.filter((one) => one > 2)) {
    try {
      const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "latin1"))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(number);
    } catch {
      // The one that was open for looking is closed by now.
    }
  }
}
