import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import tar from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "./world.testing.ts";

const isRoot = process.getuid?.() === 0;
let world: World;
let folder: string;
let n = 0;

beforeAll(async () => {
  if (!isRoot) return;
  world = await openWorld();
  await world.agent();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const fresh = (): string => (folder = join(world.home, `target-${(n += 1)}`));
const text = (name: string) => readFile(join(folder, name), "utf8");

const compare = (one: string, other: string): number => (one < other ? -1 : 1);
type Made = Partial<tar.Header> & { readonly name: string; readonly content?: string };

async function tarOf(...entries: readonly Made[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const { content, ...header } of entries) pack.entry(header, content ?? "");
  pack.finalize();
  return Buffer.concat(await Array.fromAsync(pack as AsyncIterable<Buffer>));
}

function deployed(bytes: Uint8Array, more: object = {}) {
  return world.deploy({ artifacts: [world.artifact("archive", bytes, { unpack: true })], into: folder, ...more }).ended;
}

describe.runIf(isRoot)("an archive", () => {
  const entries: readonly Made[] = [
    { name: "./app/", type: "directory", mode: 0o755 },
    { name: "./app/run", mode: 0o4755, content: "#!/bin/sh\n" },
    { name: "./app/data.txt", mode: 0o600, content: "data" },
    { name: "./app/latest", type: "symlink", linkname: "data.txt" },
    { name: "./app/same", type: "link", linkname: "app/data.txt" },
  ];

  test.each([
    ["tar", (bytes: Buffer) => bytes],
    ["tar.gz", gzipSync],
    ["tar.zst", zstdCompressSync],
  ] as const)("in %s is unpacked as the account, with modes and links, without setuid", async (_kind, packed) => {
    const into = fresh();
    const result = await deployed(packed(await tarOf(...entries)));
    expect(result).toMatchObject({ state: "succeeded", result: { outcomes: "a", counts: { created: 4 } } });
    expect((result.result as { files: string[][] }).files.map(([path]) => path!).toSorted(compare)).toEqual([
      "app/data.txt",
      "app/latest",
      "app/run",
      "app/same",
    ]);
    const run = await stat(join(into, "app/run"));
    const owner = Number(execFileSync("id", ["-u", world.account], { encoding: "utf8" }));
    expect([run.mode & 0o7777, run.uid]).toEqual([0o755, owner]);
    expect([await text("app/same"), await readlink(join(into, "app/latest"))]).toEqual(["data", "data.txt"]);
    expect((await deployed(packed(await tarOf(...entries)))).result).toMatchObject({ counts: { unchanged: 4 } });
  });

  test("in zip is unpacked, too", async () => {
    const into = fresh();
    const made = await mkdtemp(join(tmpdir(), "zip-"));
    await writeFile(join(made, "tool"), "#!/bin/sh\n", { mode: 0o755 });
    await symlink("tool", join(made, "alias"));
    execFileSync("python3", ["-c", ZIP, join(made, "x.zip")], { cwd: made });
    const result = await deployed(await readFile(join(made, "x.zip")));
    await rm(made, { recursive: true });
    expect(result).toMatchObject({ state: "succeeded", result: { counts: { created: 2 } } });
    expect([(await stat(join(into, "sub/tool"))).mode & 0o777, await readlink(join(into, "alias"))]).toEqual([
      0o755,
      "sub/tool",
    ]);
  });

  test("changes what differs, keeps what is to be kept, and goes away with a rollback", async () => {
    const into = fresh();
    await deployed(await tarOf({ name: "a", content: "a1" }, { name: "b", content: "b1" }), { deployment: "dep_1a" });
    const second = await tarOf(
      { name: "a", content: "a2" },
      { name: "b", content: "b1" },
      { name: "c/d", content: "d" },
    );
    const kept = await deployed(second, { overwrite: "keep" });
    expect(kept.result).toMatchObject({ counts: { kept: 1, unchanged: 1, created: 1 } });
    const replaced = await deployed(second, { deployment: "dep_2a" });
    expect(replaced.result).toMatchObject({ counts: { replaced: 1, unchanged: 2 } });
    const back = await world.deploy({ rollback: { deployment: "dep_2a" } }).ended;
    expect(back.result).toMatchObject({ counts: { restored: 1 } });
    expect([await text("a"), (await readdir(into)).toSorted()]).toEqual(["a1", ["a", "b", "c"]]);
  });

  test("that is hostile or damaged is refused whole, and nothing of it stays", async () => {
    const hostile: readonly (readonly [string, Uint8Array])[] = [
      ["is absolute", await tarOf({ name: "ok", content: "x" }, { name: "/tmp/atalaya-evil", content: "x" })],
      ["the part ..", await tarOf({ name: "ok", content: "x" }, { name: "a/../../evil", content: "x" })],
      ["leads out", await tarOf({ name: "out", type: "symlink", linkname: "../.." })],
      ["leads out", await tarOf({ name: "out", type: "symlink", linkname: "/etc" })],
      [
        "as a link and as a folder",
        await tarOf({ name: "d", type: "symlink", linkname: "." }, { name: "d/x", content: "x" }),
      ],
      ["twice", await tarOf({ name: "d", type: "symlink", linkname: "e" }, { name: "d", content: "x" })],
      ["no file of it", await tarOf({ name: "hard", type: "link", linkname: "etc/shadow" })],
      ["the part ..", await tarOf({ name: "hard", type: "link", linkname: "../../etc/shadow" })],
      ["character-device", await tarOf({ name: "dev", type: "character-device", devmajor: 1, devminor: 3 })],
      ["fifo", await tarOf({ name: "pipe", type: "fifo" })],
      ["no tar", Buffer.from("this is no archive at all")],
      ["damaged", gzipSync(await tarOf({ name: "x", content: "x".repeat(100_000) })).subarray(0, 90)],
      ["damaged", (await tarOf({ name: "x", content: "x".repeat(100_000) })).subarray(0, 5_000)],
      ["no tar", Buffer.concat([Buffer.from("PK\u0001\u0001"), Buffer.alloc(600, 7)])],
      ["damaged", Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(600, 7)])],
      ["times its size", gzipSync(await tarOf({ name: "bomb", content: "\0".repeat(300 * 1024 * 1024) }))],
    ];
    for (const [reason, bytes] of hostile) {
      const into = fresh();
      const result = await deployed(bytes);
      expect(result.reason?.code, reason).toBe("deploy.archive");
      expect(result.reason?.message).toContain(reason);
      await expect(readdir(into), reason).rejects.toThrow("ENOENT");
    }
    await expect(stat("/tmp/atalaya-evil")).rejects.toThrow("ENOENT");
  }, 60_000);

  test("in zip that is hostile is refused whole, too, and names that only look like ways out are names", async () => {
    const ok = ["ok", "100644", "x"] as const;
    const hostile: readonly (readonly [string, Buffer])[] = [
      ["..", zipOf(ok, ["../evil", "100644", "x"])],
      ["..", zipOf(ok, ["a/../../evil", "100644", "x"])],
      ["absolute", zipOf(ok, ["/tmp/atalaya-evil", "100644", "x"])],
      ["..", zipOf(ok, ["..\\..\\evil", "100644", "x"])],
      ["leads out", zipOf(ok, ["out", "120777", "/etc"])],
      ["leads out", zipOf(ok, ["a/out", "120777", "../../.."])],
      ["as a link and as a folder", zipOf(["d", "120777", "."], ["d/x", "100644", "x"])],
      ["is a device", zipOf(ok, ["dev", "020666", ""])],
    ];
    for (const [reason, bytes] of hostile) {
      const into = fresh();
      const result = await deployed(bytes);
      expect(result.reason, reason).toMatchObject({ code: "deploy.archive", message: expect.stringContaining(reason) });
      await expect(readdir(into), reason).rejects.toThrow("ENOENT");
    }
    await expect(stat("/tmp/atalaya-evil")).rejects.toThrow("ENOENT");
    const into = fresh();
    const encoded = await deployed(zipOf(["%2e%2e%2fevil", "104755", "x"], ["..evil", "100644", "x"]));
    expect(encoded.result).toMatchObject({ counts: { created: 2 } });
    expect((await readdir(into)).toSorted(compare)).toEqual(["%2e%2e%2fevil", "..evil"]);
    expect((await stat(join(into, "%2e%2e%2fevil"))).mode & 0o7777).toBe(0o755);
  }, 60_000);
});

/** A zip in which each entry is named and typed as the line says: name, Unix mode in octal, content. */
function zipOf(...entries: readonly (readonly [name: string, mode: string, content: string])[]): Buffer {
  return execFileSync("python3", ["-c", ANY_ZIP, JSON.stringify(entries)], { maxBuffer: 1 << 24 });
}
const ANY_ZIP = `
import io, json, sys, zipfile
out = io.BytesIO()
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
    for name, mode, content in json.loads(sys.argv[1]):
        i = zipfile.ZipInfo("x"); i.filename = name; i.external_attr = int(mode, 8) << 16; i.create_system = 3
        i.compress_type = zipfile.ZIP_DEFLATED; z.writestr(i, content)
sys.stdout.buffer.write(out.getvalue())
`;

const ZIP = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    i = zipfile.ZipInfo("sub/tool"); i.external_attr = 0o100755 << 16; z.writestr(i, "#!/bin/sh\\n")
    i = zipfile.ZipInfo("alias"); i.external_attr = 0o120777 << 16; z.writestr(i, "sub/tool")
`;
