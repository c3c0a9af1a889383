import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, open as openFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AcceptedRun } from "./records.ts";
import { openSpool } from "./spool.ts";

const id = (n: number): string => `run_${String(n).padStart(22, "0")}`;
const accepted = (n: number): AcceptedRun => ({
  run: id(n),
  capability: "exec",
  request: "{}",
  user: "u",
  acceptedAt: 1,
  bootId: "b",
});
let data: string;
const open = (limits?: Parameters<typeof openSpool>[2]) => openSpool(data, Date.now, limits);

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "spool-"));
});
afterEach(() => rm(data, { recursive: true }));

test("a run whose request is spoiled is set aside and never begins again; the others are there", async () => {
  const spool = await open();
  for (const n of [1, 2, 3, 4]) await spool.accept(accepted(n));
  await writeFile(spool.files(id(1)).request, "\0\0garbage");
  await writeFile(spool.files(id(1)).claim, "77\n");
  // Killed while it was accepting: nothing else is there yet.
  await writeFile(spool.files(id(2)).request, '{"run":');
  await rm(spool.files(id(3)).request);
  await mkdir(spool.files(id(3)).request);
  await writeFile(spool.files(id(3)).status, "0 1.00 .\n");

  const restarted = await open();
  const { accepted: whole, damaged } = await restarted.list();
  expect(whole.map(({ run }) => run)).toEqual([id(4)]);
  expect(damaged.toSorted()).toEqual([id(1), id(3)]);
  expect([1, 2, 3, 4].map((n) => restarted.forgotten(id(n)))).toEqual([true, false, true, false]);
  expect((await readdir(join(data, "spool"))).toSorted()).toEqual([`damaged-${id(1)}`, `damaged-${id(3)}`, id(4)]);
  expect((await (await open()).list()).damaged).toEqual([]);
});

test("what is settled takes no room any more, also while somebody has it open", async () => {
  const spool = await open();
  const files = await spool.accept(accepted(1));
  await writeFile(files.stdout, Buffer.alloc(1_000_000));
  await using pump = await openFile(files.stdout, "a");
  await spool.forget([id(1)]);
  expect((await pump.stat()).blocks).toBe(0);
});

test("many runs share the room there is", async () => {
  const spool = await open({ totalBytes: 100 * 2 ** 20, runs: 10_000, freeBytes: 0 });
  expect([0, 1, 100, 10_000].map((runs) => spool.share(runs))).toEqual([
    100 * 2 ** 20,
    100 * 2 ** 20,
    2 ** 20,
    256 * 1024,
  ]);
});

test.runIf(process.getuid?.() === 0)("a full disk is freed of what is settled", async () => {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "none", data]);
  try {
    const spool = await open();
    const files = await spool.accept(accepted(1));
    await writeFile(files.stdout, "");
    execFileSync("sh", ["-c", `cat /dev/zero >> ${files.stdout} 2>/dev/null || true`]);
    // The journal needs a page of its own, and there is none.
    await expect(writeFile(join(data, "probe"), "x")).rejects.toThrow("ENOSPC");
    await rm(join(data, "probe"));
    await spool.forget([id(1)]);
    expect(await readdir(join(data, "spool"))).toEqual([]);
    expect((await open()).forgotten(id(1))).toBe(true);
  } finally {
    execFileSync("umount", [data]);
  }
});
