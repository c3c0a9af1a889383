import { expect, test } from "vitest";
import { z } from "zod";
import { malformedBy } from "./malformed.ts";

test("what is wrong with a request is said by the part that knows it best", () => {
  const name = z.string().regex(/^[a-z]+$/, "is not a name");
  const schema = z.object({
    set: z.record(name, z.number()),
    way: z.union([z.object({ kind: z.literal("near"), steps: z.number() }), z.string()]),
  });
  const { error } = schema.safeParse({ set: { "1": 1 }, way: { kind: "near", steps: "few" } });
  expect(malformedBy(error!, "body").details?.["issues"]).toEqual([
    { in: "body", path: "set.1", message: "is not a name" },
    { in: "body", path: "way.steps", message: expect.stringContaining("expected number") },
  ]);
});
