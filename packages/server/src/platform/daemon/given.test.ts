import { chmod, chown, link, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { giveFolder } from "./given.ts";
import { openLogFile } from "./log-file.ts";

const account = { name: "nobody", uid: 65_534, gid: 65_534, home: "/nonexistent" };

describe.skipIf(process.geteuid!() !== 0)("what root gives to an account", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "atalaya-given-"));
    path = join(folder, "a/b/data");
  });
  afterEach(() => rm(folder, { recursive: true }));
  const give = () => giveFolder({ path, account, isOurs: (name) => ["pki", "store"].includes(name) });
  const owner = async (of: string) => (await stat(of)).uid;

  test("a missing folder is made for it alone, below folders it may pass", async () => {
    expect(await give()).toBe(false);
    const made = await stat(path);
    expect([made.uid, made.gid, made.mode & 0o777]).toEqual([65_534, 65_534, 0o700]);
    const above = await stat(join(folder, "a/b"));
    expect([above.uid, above.mode & 0o777]).toEqual([0, 0o755]);
    expect(await give()).toBe(false);
  });

  test("the data of an earlier server of root's is handed over with all that is in it, links themselves", async () => {
    await mkdir(join(path, "pki/deep"), { recursive: true });
    await chmod(path, 0o700);
    await writeFile(join(path, "pki/deep/key"), "k", { mode: 0o600 });
    await writeFile(join(folder, "outside"), "o");
    await symlink(join(folder, "outside"), join(path, "pki/link"));
    expect(await give()).toBe(true);
    expect(await Promise.all([path, join(path, "pki"), join(path, "pki/deep/key")].map(owner))).toEqual([
      65_534, 65_534, 65_534,
    ]);
    expect(await owner(join(folder, "outside"))).toBe(0);
  });

  test.each([
    ["holds what is not ours", async () => writeFile(join(path, "passwd"), "")],
    ["is a third account's", async () => chown(path, 12_345, 12_345)],
    ["others may write to", async () => chmod(path, 0o777)],
    [
      "holds a file with a second name elsewhere",
      async () => {
        await mkdir(join(path, "pki"));
        await writeFile(join(folder, "elsewhere"), "");
        await link(join(folder, "elsewhere"), join(path, "pki/it"));
      },
    ],
  ])("a folder that %s is not handed over", async (_, spoil) => {
    await mkdir(path, { recursive: true });
    await spoil();
    const before = await owner(path);
    await expect(give()).rejects.toMatchObject({ code: "data.unwritable" });
    expect(await owner(path)).toBe(before);
  });

  test("the log is the account's, and is appended to", async () => {
    await give();
    const log = join(path, "server.log");
    for (const line of ["one\n", "two\n"]) {
      await using file = await openLogFile(log, account);
      await file.write(line);
    }
    const { uid, size, mode } = await stat(log);
    expect([uid, size, mode & 0o777]).toEqual([65_534, 8, 0o600]);
  });

  test("a log that leads elsewhere is not opened", async () => {
    await give();
    const log = join(path, "server.log");
    await writeFile(join(folder, "shadow"), "");
    const refused = { code: "data.unwritable", next: expect.stringContaining("ATALAYA_LOG_FILE") };
    await symlink(join(folder, "shadow"), log);
    await expect(openLogFile(log, account)).rejects.toMatchObject(refused);
    await rm(log);
    await link(join(folder, "shadow"), log);
    await expect(openLogFile(log, account)).rejects.toMatchObject(refused);
    await rm(log);
    await mkdir(log);
    await expect(openLogFile(log, account)).rejects.toMatchObject(refused);
    expect(await owner(join(folder, "shadow"))).toBe(0);
  });
});
