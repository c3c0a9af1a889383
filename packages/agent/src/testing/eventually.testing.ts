import { expect } from "vitest";

/** Waits for what other processes do. Long enough for a busy machine, looked at often enough for a quick test. */
export function eventually<T>(read: () => T | Promise<T>) {
  return expect.poll(read, { timeout: 20_000, interval: 20 });
}
