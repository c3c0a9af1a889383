import { expect, test } from "vitest";
import { parsePolicy } from "./policy.ts";

test("a policy has every wrong key named in one error", () => {
  const broken = () =>
    parsePolicy({ exec: { root: "yes", rooot: true, "minimum-uid": -1 }, capability: [] }, "policy.toml");
  for (const key of ["exec.root:", "exec.rooot:", "exec.minimum-uid:", "capability:"]) expect(broken).toThrow(key);
});
