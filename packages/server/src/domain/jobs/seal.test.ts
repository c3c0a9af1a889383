import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { seal, unseal } from "./seal.ts";

const key = randomBytes(32);
const secrets = { TOKEN: "héslo\0\n", EMPTY: "" };

test("sealed secrets open again, and show nothing closed", () => {
  const sealed = seal(secrets, key, "job_1");
  expect(unseal(sealed, key, "job_1")).toEqual(secrets);
  expect(Buffer.from(sealed).includes("héslo")).toBe(false);
});

test("they open for no other job, under no other key, and not when touched", () => {
  const sealed = seal(secrets, key, "job_1");
  expect(() => unseal(sealed, key, "job_2")).toThrow();
  expect(() => unseal(sealed, randomBytes(32), "job_1")).toThrow();
  const touched = Uint8Array.from(sealed);
  touched[touched.length - 1]! ^= 1;
  expect(() => unseal(touched, key, "job_1")).toThrow();
});
