import { mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptTicketKeys } from "./ticket-keys.ts";

const DAY = 86_400_000;
let path: string;
beforeEach(async () => void (path = join(await mkdtemp(join(tmpdir(), "atalaya-tickets-")), "tls-ticket.key")));
afterEach(() => rm(join(path, ".."), { recursive: true }));

test("a key seals for seven days, opens for seven more, and is gone then", async () => {
  const first = await keptTicketKeys(path, 0);
  expect(first.current).toHaveLength(48);
  expect(first.before).toBeUndefined();
  expect(await keptTicketKeys(path, 7 * DAY - 1)).toEqual(first);
  const second = await keptTicketKeys(path, 7 * DAY);
  expect(second.before).toEqual(first.current);
  expect(second.current).not.toEqual(first.current);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await keptTicketKeys(path, 14 * DAY - 1)).toEqual(second);
  const third = await keptTicketKeys(path, 14 * DAY);
  expect(third.before).toEqual(second.current);
  expect(await readFile(path, "utf8")).not.toContain(first.current.toString("base64"));
  expect((await keptTicketKeys(path, 40 * DAY)).before).toBeUndefined();
});

test("the one key of earlier versions goes on, and what is damaged is made anew", async () => {
  const old = Buffer.alloc(48, 7);
  await writeFile(path, old, { mode: 0o600 });
  await utimes(path, 0, (3 * DAY) / 1000);
  expect(await keptTicketKeys(path, 9 * DAY)).toEqual({ current: old });
  expect((await keptTicketKeys(path, 10 * DAY)).before).toEqual(old);
  await writeFile(path, "[1]");
  expect((await keptTicketKeys(path, 10 * DAY)).current).toHaveLength(48);
});
