import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openIdentity } from "../enrol/identity.ts";
import { makeFolders } from "./folders.ts";

test("a folder is made with those above it, for passing only", async () => {
  const root = await mkdtemp(join(tmpdir(), "atalaya-folders-"));
  try {
    expect(makeFolders(join(root, "a/b"), 0o711)).toBe(true);
    expect((await stat(join(root, "a/b"))).mode & 0o777).toBe(0o711);
    expect(makeFolders(join(root, "a/b"), 0o711)).toBe(false);
  } finally {
    await rm(root, { recursive: true });
  }
});

test("where no folder can be, the agent says so instead of trying for ever", async () => {
  await expect(openIdentity("/proc/atalaya/agent")).rejects.toMatchObject({ code: "data.unwritable" });
});
