import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The line of an account in passwd(5) form; undefined when it is another's or not one. */
export function parsePasswd(text: string, name: string): Account | undefined {
  for (const line of text.split("\n")) {
    const [login, , uid, gid, , home, shell] = line.split(":");
    if (login !== name || uid === undefined || gid === undefined) continue;
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) continue;
    return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" };
  }
  return undefined;
}

/** Looks in /etc/passwd first; `getent` knows directories (LDAP, sssd) and costs a process. */
export async function findAccount(name: string): Promise<Account | undefined> {
  const local = parsePasswd(await readFile("/etc/passwd", "utf8").catch(() => ""), name);
  return local ?? parsePasswd(await getent(name), name);
}

async function getent(name: string): Promise<string> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    execFile("getent", ["passwd", name], { timeout: 10_000 }, (error, stdout) => resolve(error === null ? stdout : ""));
  });
}

const LOGIN_PATH = "/usr/local/bin:/usr/bin:/bin";
const ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** What a login sets. */
export function loginEnvironment({ uid, name, home, shell }: Account): Record<string, string> {
  return { HOME: home, USER: name, LOGNAME: name, SHELL: shell, PATH: uid === 0 ? ROOT_PATH : LOGIN_PATH };
}

/** The account the agent itself runs as. */
export function ownAccount(): Account {
  try {
    const { username, uid, gid, homedir, shell } = userInfo();
    return { name: username, uid, gid, home: homedir || "/", shell: shell ?? "/bin/sh" };
  } catch {
    // A uid without an entry, as in some containers.
    const uid = process.getuid?.() ?? 0;
    return { name: String(uid), uid, gid: process.getgid?.() ?? 0, home: "/", shell: "/bin/sh" };
  }
}
