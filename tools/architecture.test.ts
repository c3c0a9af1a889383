import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sourceFiles, strangers, untold } from "./rooms.ts";

describe("the architecture", () => {
  test("has a room for every source file", () => {
    const files = sourceFiles(join(import.meta.dirname, ".."));
    expect(strangers(files)).toEqual([]);
    expect(files.length).toBeGreaterThan(150);
  });

  test("notices a file in a folder that nobody declared", () => {
    expect(strangers(["packages/server/src/domain/weather/index.ts"])).toEqual([
      "packages/server/src/domain/weather/index.ts: no room is declared for it in tools/rooms.ts",
    ]);
    expect(strangers(["packages/server/src/quick-fix.ts"])).toHaveLength(1);
    expect(strangers(["packages/agent/src/capabilities/exec/exec.ts", "packages/agent/src/main.test.ts"])).toEqual([]);
  });

  test("notices rooms that its page does not tell of, and rows of rooms that are gone", () => {
    expect(untold("| room | owns |\n| `jobs` | runs |\n| `moon` | cheese |\n", ["jobs", "fleet"])).toEqual([
      "packages/server/src/domain/fleet: has no row in docs/architecture.md",
      "docs/architecture.md: tells of the room moon, which is not there",
    ]);
  });

  test("notices a room that has two rows, for one of them will be wrong", () => {
    expect(untold("| `jobs` | runs |\n| `jobs` | output |\n", ["jobs"])).toEqual([
      "docs/architecture.md: tells of the room jobs twice",
    ]);
  });

  test("notices names that say nothing", () => {
    for (const name of ["utils.ts", "helpers/dates.ts", "common.test.ts", "misc/x.ts"]) {
      expect(strangers([`packages/server/src/api/${name}`])).toHaveLength(1);
    }
  });
});
