/** Accounts and groups by `getent`, which knows directories (LDAP, sssd) as well as files. */
import { execFile } from "node:child_process";
import { parsePasswd, type Account } from "../capabilities/exec/account.ts";

export async function accountOfUid(uid: number): Promise<Account | undefined> {
  const line = await getent("passwd", String(uid));
  const name = line.split(":")[0];
  const account = name === undefined ? undefined : parsePasswd(line, name);
  return account?.uid === uid ? account : undefined;
}

/** Members named in the group; for those who have it as their primary group the privilege was never meant. */
export async function isInGroup(user: string, group: string): Promise<boolean> {
  const members = (await getent("group", group)).trim().split(":")[3] ?? "";
  return members.split(",").includes(user);
}

function getent(database: "passwd" | "group", key: string): Promise<string> {
  return new Promise((resolve) => {
    execFile("getent", [database, key], { timeout: 10_000 }, (error, stdout) => resolve(error === null ? stdout : ""));
  });
}
