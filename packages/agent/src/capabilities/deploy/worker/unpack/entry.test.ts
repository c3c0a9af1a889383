import { posix } from "node:path";
import { linkLeadsTo, pathProblem } from "@atalaya/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryPath, linkTarget, meter } from "./entry.ts";

const part = fc.oneof(
  fc.constantFrom("..", ".", "", "a", "b", "...", "~", "-x", "a b", "ñ"),
  fc.string({ maxLength: 5 }).filter((text) => !text.includes("/")),
);
const anyPath = fc
  .tuple(fc.constantFrom("", "/", "./", "../"), fc.array(part, { maxLength: 6 }))
  .map(([head, parts]) => head + parts.join("/"));

describe("an archive's names", () => {
  test("either stay below the folder, as they are, or are refused", () => {
    fc.assert(
      fc.property(anyPath, (name) => {
        let path: string | undefined;
        try {
          path = entryPath(name);
        } catch (error) {
          expect(error).toMatchObject({ code: "deploy.archive" });
          return;
        }
        if (path === undefined) return;
        expect(pathProblem(path)).toBeUndefined();
        const placed = posix.join("/folder", path);
        expect(placed).toBe(`/folder/${path}`);
        expect(posix.relative("/folder", placed)).toBe(path);
      }),
      { numRuns: 5_000 },
    );
  });

  test("that are absolute, climb, or can be no file are refused with the reason", () => {
    for (const [name, reason] of [
      ["/etc/passwd", "is absolute"],
      ["../up", "the part .."],
      ["a/../../up", "the part .."],
      ["a//b", "empty part"],
      ["a\0b", "NUL"],
      ["x".repeat(256), "longer than a name"],
      ["", "is empty"],
    ] as const)
      expect(() => entryPath(name)).toThrow(reason);
    expect(entryPath("./a/b/")).toBe("a/b");
    expect(entryPath("./")).toBeUndefined();
  });
});

describe("a symbolic link", () => {
  test("leads, wherever it stands, to where the file system would take it, and never out of the folder", () => {
    fc.assert(
      fc.property(anyPath, anyPath, (path, target) => {
        fc.pre(pathProblem(path) === undefined);
        const found = linkLeadsTo(path, target);
        const real = posix.resolve("/folder", posix.dirname(path), target);
        const inside = real === "/folder" || real.startsWith("/folder/");
        if (found !== undefined) expect(posix.join("/folder", found).replace(/\/$/, "")).toBe(real);
        if (!inside) expect(found).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  test("out of the folder is refused", () => {
    expect(() => linkTarget("a/b", "../../x")).toThrow("leads out");
    expect(() => linkTarget("a", "/etc/shadow")).toThrow("leads out");
    expect(linkTarget("a/b", "../c")).toBe("../c");
  });
});

test("an archive has limits of entries, bytes and ratio", () => {
  const limits = { entries: 2, bytes: 1_000, ratio: 10, freely: 50 };
  const few = meter(limits, 1);
  few.entry();
  few.entry();
  expect(() => few.entry()).toThrow("more than 2 entries");
  few.bytes(50);
  expect(() => few.bytes(1)).toThrow("10 times its size");
  expect(() => meter(limits, 1_000_000).bytes(1_001)).toThrow("more than 1000 bytes");
});
