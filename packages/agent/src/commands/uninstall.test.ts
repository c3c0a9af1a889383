import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseManifest, uninstall } from "./uninstall.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "uninstall-"));
});
afterEach(() => rm(root, { recursive: true }));

async function file(path: string, text = ""): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

test("leaves nothing of the agent and everything else", async () => {
  await file("opt/atalaya/agent/manifest", "# files\n/usr/bin/atalaya-extra\n");
  await file("opt/atalaya/agent/agent.mjs");
  await file("usr/bin/atalaya-extra");
  await file("usr/bin/other");
  await file("etc/systemd/system/atalaya-agent.service");
  await file("etc/atalaya/policy.toml");
  await file("var/lib/atalaya-agent/key.pem");
  await expect(uninstall({ data: join(root, "var/lib/atalaya-agent"), root, yes: false })).rejects.toThrow("asks");
  const removed = await uninstall({ data: join(root, "var/lib/atalaya-agent"), root, yes: true });
  expect(removed).toHaveLength(5);
  const left = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  expect(left).toEqual(["other"]);
  expect(await readdir(join(root, "etc"))).toEqual(["systemd"]);
  expect(await uninstall({ data: join(root, "var/lib/atalaya-agent"), root, yes: true })).toEqual([]);
});

test("a manifest cannot name anything near the root", () => {
  expect(parseManifest("/\n/etc\n/usr/..\n../x\n\n# /a/b\n/opt/atalaya/agent/\n/opt/../etc\n")).toEqual([
    "/opt/atalaya/agent",
  ]);
});
