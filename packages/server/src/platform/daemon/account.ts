import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** Looks in /etc/passwd first; `getent` knows directories (LDAP, sssd) and costs a process. Throws `settings.wrong`. */
export async function accountNamed(name: string): Promise<Account> {
  const local = parsePasswd(await readFile("/etc/passwd", "utf8").catch(() => ""), name);
  const account = local ?? parsePasswd(await getent(name), name);
  if (account !== undefined) return account;
  throw new AtalayaError(
    "settings.wrong",
    `ATALAYA_USER: there is no account ${JSON.stringify(name)} on this machine`,
    {
      next: `make it (\`useradd --system ${name}\`), or name another`,
    },
  );
}

/** The line of an account in passwd(5) form; undefined when it is another's or not one. */
export function parsePasswd(text: string, name: string): Account | undefined {
  for (const line of text.split("\n")) {
    const [login, , uid, gid, , home] = line.split(":");
    if (login !== name || uid === undefined || gid === undefined) continue;
    if (!/^\d+$/.test(uid) || !/^\d+$/.test(gid)) continue;
    return { name, uid: Number(uid), gid: Number(gid), home: home || "/" };
  }
  return undefined;
}

/** Throws `privileges.missing` unless this process is root, or is that account already. */
export function mayBecome({ name, uid }: Account): void {
  const own = process.geteuid?.();
  if (own === 0 || own === uid) return;
  throw new AtalayaError("privileges.missing", `Only root can become ${name} (ATALAYA_USER); this is uid ${own}.`, {
    next: `start the server as root or as ${name}, or without ATALAYA_USER`,
  });
}

/** Makes this whole process that account, with all its groups; its environment says so. There is no way back, and that is tried. */
export function becomeAccount(account: Account, environment: NodeJS.ProcessEnv): void {
  mayBecome(account);
  if (process.geteuid?.() === 0) {
    supplementaryGroups(account);
    process.setgid?.(account.gid);
    process.setuid?.(account.uid);
  }
  const ids = [process.getuid?.(), process.geteuid?.()];
  if (ids.some((id) => id !== account.uid) || (account.uid !== 0 && canBeRootAgain()))
    throw new AtalayaError("privileges.missing", `The server could not become ${account.name} for good.`);
  Object.assign(environment, { HOME: account.home, USER: account.name, LOGNAME: account.name });
}

function supplementaryGroups({ name, gid }: Account): void {
  // Missing in the types of Node only.
  const { initgroups } = process as typeof process & { initgroups(user: string, group: number): void };
  initgroups(name, gid);
}

function canBeRootAgain(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function getent(name: string): Promise<string> {
  return new Promise((resolve) => {
    execFile("getent", ["passwd", name], { timeout: 10_000 }, (error, stdout) => resolve(error === null ? stdout : ""));
  });
}
