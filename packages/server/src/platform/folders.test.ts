import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolders } from "./folders.ts";

test("a folder is made with those above it, and is left as it is when it is there", async () => {
  const root = await mkdtemp(join(tmpdir(), "atalaya-folders-"));
  try {
    const deep = join(root, "a/b/c");
    expect(makeFolders(deep, 0o700)).toBe(true);
    expect((await stat(join(root, "a"))).mode & 0o777).toBe(0o700);
    expect(makeFolders(deep, 0o755)).toBe(false);
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
    await writeFile(join(root, "file"), "");
    expect(() => makeFolders(join(root, "file/below"), 0o700)).toThrow("ENOTDIR");
  } finally {
    await rm(root, { recursive: true });
  }
});

test("where no folder can be, it says so instead of trying for ever", () => {
  expect(() => makeFolders("/proc/atalaya/data", 0o700)).toThrow("ENOENT");
});
