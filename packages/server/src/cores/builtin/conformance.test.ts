import { afterAll, beforeAll, test } from "vitest";
import { coreConformance } from "../conformance.ts";
import { builtinFactory, testKeys } from "./setup.testing.ts";

let keys: Awaited<ReturnType<typeof testKeys>>;
beforeAll(async () => {
  keys = await testKeys();
});
afterAll(() => keys[Symbol.asyncDispose]());

for (const { name, run } of coreConformance((setup) => builtinFactory(keys)(setup)))
  test(`the builtin core ${name}`, run);
