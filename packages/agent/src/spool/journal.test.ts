import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { KEPT_SECONDS, openJournal } from "./journal.ts";

const id = (n: number): string => `run_${String(n).padStart(22, "0")}`;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "journal-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("remembers runs over a restart, past a torn line, and forgets them after 30 days", async () => {
  const path = join(folder, "known");
  const then = 1_700_000_000_000;
  await (await openJournal(path, () => then)).add([id(1), id(2)]);
  await appendFile(path, "run_00000");

  const restarted = await openJournal(path, () => then + 1_000);
  await restarted.add([id(3)]);
  expect([1, 2, 3, 4].map((n) => restarted.has(id(n)))).toEqual([true, true, true, false]);

  const later = await openJournal(path, () => then + KEPT_SECONDS * 1000 + 500);
  expect([1, 3].map((n) => later.has(id(n)))).toEqual([false, true]);
});

test("rewrites itself when most of it is old", async () => {
  const path = join(folder, "known");
  const old = Array.from({ length: 5_000 }, (_, n) => `${id(n)} 1\n`).join("");
  await writeFile(path, `${old}${id(9_999)} 1700000000\n`);
  await openJournal(path, () => 1_700_000_000_000);
  expect(await readFile(path, "utf8")).toBe(`${id(9_999)} 1700000000\n`);
});
