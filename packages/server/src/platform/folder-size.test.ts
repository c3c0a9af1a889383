import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderSize } from "./folder-size.ts";

test("what a folder takes is all in it, at any depth, and is looked up again after a minute", async () => {
  const folder = await mkdtemp(join(tmpdir(), "size-"));
  try {
    let now = 0;
    const size = folderSize(folder, { now: () => now });
    expect(await size()).toBe(0);
    await mkdir(join(folder, "a/b"), { recursive: true });
    await writeFile(join(folder, "a/b/c"), Buffer.alloc(100_000, 1));
    await symlink("nowhere", join(folder, "dangling"));
    expect(await size()).toBe(0);
    now += 60_000;
    expect(await size()).toBeGreaterThanOrEqual(100_000);
    expect(await size()).toBeLessThan(150_000);
    expect(await folderSize(join(folder, "none"), { now: () => 0 })()).toBe(0);
  } finally {
    await rm(folder, { recursive: true });
  }
});
