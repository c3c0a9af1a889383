import { expect, test } from "vitest";
import { misplaced } from "./migrations.ts";

test("a list of migrations that is not that of the files, in their order, is told", () => {
  const files = ["0001-store.ts", "0020-b.ts", "0010-a.ts", "index.ts"];
  expect(misplaced(["0001-store", "0010-a", "0020-b"], files)).toEqual([]);
  expect(misplaced(["0001-store", "0020-b", "0010-a"], files)).toHaveLength(2);
  expect(misplaced(["0001-store", "0010-a"], files)).toEqual(["0020-b should be number 3"]);
});
