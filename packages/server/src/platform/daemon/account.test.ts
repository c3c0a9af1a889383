import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { expect, test } from "vitest";
import { accountNamed, mayBecome, parsePasswd } from "./account.ts";

test("an account is found by its name, with its ids and home", async () => {
  const { username, uid, gid, homedir } = userInfo();
  expect(await accountNamed(username)).toEqual({ name: username, uid, gid, home: homedir });
});

test("an account that is not there is named in the failure", async () => {
  await expect(accountNamed("nobody-has-this-name")).rejects.toMatchObject({
    code: "settings.wrong",
    message: expect.stringContaining('"nobody-has-this-name"'),
  });
});

test("lines of others, and lines that are none, are no account", () => {
  const text = "root:x:0:0:root:/root:/bin/sh\nbroken:x:one:1::/:\nana:x:1000:1001:Ana:/home/ana:/bin/sh\n";
  expect(parsePasswd(text, "ana")).toEqual({ name: "ana", uid: 1000, gid: 1001, home: "/home/ana" });
  expect(parsePasswd(text, "an")).toBeUndefined();
  expect(parsePasswd(text, "broken")).toBeUndefined();
});

test("whoever is not root becomes nobody else, and may stay who they are", () => {
  const other = { name: "other", uid: 12_345, gid: 12_345, home: "/" };
  const self = { ...other, uid: process.geteuid!() };
  expect(() => mayBecome(self)).not.toThrow();
  if (process.geteuid!() !== 0) return expect(() => mayBecome(other)).toThrow("Only root");
  const program = `
    const { mayBecome, becomeAccount } = await import(${JSON.stringify(new URL("./account.ts", import.meta.url).href)});
    becomeAccount({ name: "nobody", uid: 65534, gid: 65534, home: "/nonexistent" }, process.env);
    try { mayBecome({ name: "other", uid: 12345, gid: 12345, home: "/" }); } catch (error) { console.log(error.code); }
    console.log(process.getuid(), process.getgid(), process.getgroups().join(), process.env.HOME, process.env.USER);`;
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(said).toBe("privileges.missing\n65534 65534 65534 /nonexistent nobody\n");
});
