import { expect, test } from "vitest";
import { giveBack, LENT_BYTES, lendBuffer } from "./lent-buffers.ts";

test("what is given back is lent again, whole, and to one at a time", () => {
  const one = lendBuffer();
  giveBack(one.subarray(10, 20));
  giveBack(one);
  const again = lendBuffer();
  expect([again.buffer === one.buffer, again.length]).toEqual([true, LENT_BYTES]);
  expect(lendBuffer().buffer).not.toBe(one.buffer);
});

test("bytes of others are not taken", () => {
  const foreign = new Uint8Array(LENT_BYTES);
  giveBack(foreign);
  expect(lendBuffer().buffer).not.toBe(foreign.buffer);
});
