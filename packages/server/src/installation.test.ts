import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareDataFolder } from "./installation.ts";

let root: string;
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), "atalaya-data-"))));
afterEach(() => rm(root, { recursive: true }));

const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test("a data folder that others may enter is closed, unless it holds what is not the server's", async () => {
  const data = join(root, "data");
  await mkdir(join(data, "pki"), { recursive: true, mode: 0o755 });
  await prepareDataFolder(data);
  expect(await modeOf(data)).toBe(0o700);

  const shared = join(root, "shared");
  await mkdir(shared, { mode: 0o755 });
  await writeFile(join(shared, "thesis.odt"), "");
  await prepareDataFolder(shared);
  expect(await modeOf(shared)).toBe(0o755);
});

test("a folder that cannot be ends with its name and what to do, at once", async () => {
  for (const data of ["/proc/atalaya", "/proc/atalaya/data"]) {
    await expect(prepareDataFolder(data)).rejects.toMatchObject({
      code: "data.unwritable",
      message: expect.stringContaining(data),
      next: expect.stringContaining("ATALAYA_DATA"),
    });
  }
});
