import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { localFiles, localTree } from "./deploy-files.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "deploy-files-"));
  await mkdir(join(folder, "site/css"), { recursive: true });
  await writeFile(join(folder, "site/index.html"), "hi");
  await writeFile(join(folder, "site/css/a.css"), "a{}");
  await writeFile(join(folder, "tool"), "#!/bin/sh\n");
  await chmod(join(folder, "tool"), 0o755);
});
afterEach(() => rm(folder, { recursive: true }));

const namesOf = async (...paths: readonly string[]) => (await localFiles(paths)).map(({ name }) => name);

test("a folder is itself, with a slash what is in it, a file its own name", async () => {
  expect(await namesOf(join(folder, "site"))).toEqual(["site/css/a.css", "site/index.html"]);
  expect(await namesOf(`${join(folder, "site")}/`, join(folder, "tool"))).toEqual(["css/a.css", "index.html", "tool"]);
  const [tool] = await localFiles([join(folder, "tool")]);
  expect(tool).toMatchObject({ executable: true, size: 10 });
});

test("what is missing, a link, or there twice is told before anything is uploaded", async () => {
  await expect(localFiles([join(folder, "none")])).rejects.toThrow("cannot read");
  await expect(localFiles([join(folder, "tool"), join(folder, "tool")])).rejects.toThrow("two of the files");
  await symlink("index.html", join(folder, "site/link"));
  await expect(localFiles([join(folder, "site")])).rejects.toThrow("--unpack");
  await mkdir(join(folder, "empty"));
  await expect(localFiles([join(folder, "empty")])).rejects.toThrow("there are no files");
  await expect(localTree([`${join(folder, "empty")}/`])).rejects.toThrow("there are no files");
});

test("a folder that nothing lies in is told with its mode, and one that something lies in is not", async () => {
  await mkdir(join(folder, "site/cache/pages"), { recursive: true });
  await chmod(join(folder, "site/cache/pages"), 0o750);
  await mkdir(join(folder, "empty"), { mode: 0o755 });
  const { folders } = await localTree([join(folder, "site"), join(folder, "empty"), join(folder, "tool")]);
  expect(folders).toEqual([{ name: "site/cache/pages", mode: "0750" }, { name: "empty" }]);
});
