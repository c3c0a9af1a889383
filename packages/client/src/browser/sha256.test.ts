import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSha256 } from "./sha256.ts";

test("the digest is that of the whole, however it comes in pieces", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), (pieces) => {
      const ours = createSha256();
      const theirs = createHash("sha256");
      for (const piece of pieces) {
        ours.update(piece);
        theirs.update(piece);
      }
      expect(ours.hex()).toBe(theirs.digest("hex"));
    }),
  );
});

test("a length beyond 512 MB is counted right", () => {
  const piece = new Uint8Array(1 << 20).fill(7);
  const ours = createSha256();
  const theirs = createHash("sha256");
  for (let at = 0; at < 520; at++) {
    ours.update(piece);
    theirs.update(piece);
  }
  expect(ours.hex()).toBe(theirs.digest("hex"));
});
