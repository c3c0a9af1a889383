import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { checkSame, idempotencyOf } from "./idempotency.ts";

const under = randomBytes(32);
const wish = { selector: "all", capability: "exec", secrets: { PASSWORD: "hunter2" } };

test("the same wish is the same job, and another is refused", () => {
  const first = idempotencyOf("mine", wish, under)!;
  checkSame(first, idempotencyOf("mine", structuredClone(wish), under));
  const other = idempotencyOf("mine", { ...wish, secrets: { PASSWORD: "hunter3" } }, under);
  expect(() => checkSame(first, other)).toThrow(expect.objectContaining({ code: "request.idempotency-mismatch" }));
});

test("without a key nothing is remembered", () => {
  expect(idempotencyOf(undefined, wish, under)).toBeUndefined();
});

test("who reads the digests cannot try secrets without the server's key", () => {
  const [one, other] = [under, randomBytes(32)].map((key) => idempotencyOf("mine", wish, key)!.digest);
  expect(one).not.toBe(other);
});
