/** Real accounts and PAM services of this machine, made for a test and gone after it. Only root can. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

export const isRoot = process.geteuid?.() === 0;
if (!isRoot) {
  process.stderr.write("\n*** NOT TESTED: signing in by PAM needs real accounts, and only root can make them. ***\n\n");
}

export const PASSWORD = "Geheim-1 ñandú \"'$`\\ 日本";

export interface TestAccounts extends AsyncDisposable {
  /** A person's account with the password above; answers its name. `groups` are made where they do not exist. */
  add(groups?: readonly string[], more?: readonly string[]): Promise<string>;
  /** A group of this test's own. */
  group(): Promise<string>;
  /** Any of chage, usermod, passwd. */
  run(program: string, ...args: string[]): Promise<void>;
  /** A PAM service of these lines; answers its name. */
  service(lines: string): Promise<string>;
}

export function testAccounts(): TestAccounts {
  const undo: (() => Promise<unknown>)[] = [];
  const fresh = (): string => `atl${randomBytes(4).toString("hex")}`;

  async function run(program: string, ...args: string[]): Promise<void> {
    // Others on this machine may be changing its accounts too: they hold its lock for a moment.
    for (let attempt = 1; ; attempt++) {
      try {
        await promisify(execFile)(program, args);
        return;
      } catch (error) {
        if (attempt === 20 || !/lock|try again/i.test((error as { stderr?: string }).stderr ?? "")) throw error;
        await sleep(200);
      }
    }
  }

  return {
    run,
    async add(groups = [], more = []) {
      const name = fresh();
      await run(
        "useradd",
        "-M",
        "-K",
        "UID_MIN=5000",
        ...(groups.length === 0 ? [] : ["-G", groups.join()]),
        ...more,
        name,
      );
      undo.push(() => run("userdel", name));
      await setPassword(name);
      return name;
    },
    async group() {
      const name = fresh();
      await run("groupadd", name);
      undo.push(() => run("groupdel", name));
      return name;
    },
    async service(lines) {
      const name = `atalaya-test-${randomBytes(4).toString("hex")}`;
      const file = `/etc/pam.d/${name}`;
      await writeFile(file, `${lines}\n`, { flag: "wx", mode: 0o644 });
      undo.push(() => rm(file, { force: true }));
      return name;
    },
    async [Symbol.asyncDispose]() {
      for (const each of undo.toReversed()) await each();
    },
  };
}

async function setPassword(name: string): Promise<void> {
  const child = spawn("chpasswd", [], { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(`${name}:${PASSWORD}\n`);
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`chpasswd ended with ${code}`);
}
