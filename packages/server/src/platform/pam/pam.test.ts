import { existsSync } from "node:fs";
import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { isRoot, PASSWORD, testAccounts } from "./accounts.testing.ts";
import { createPam, type PamAnswer, type PamKeeper } from "./index.ts";
import { chooseService } from "./service-file.ts";

const UNIX = "auth required pam_unix.so\naccount required pam_unix.so";
/** What a machine keeps of its own rules: Debian's, or else Fedora's. */
const RULES = ["common-auth", "system-auth"].filter((name) => existsSync(`/etc/pam.d/${name}`)).slice(0, 1);
const hasRules = RULES.length > 0;

describe.runIf(isRoot)("PAM, asked for real accounts of this machine", () => {
  const accounts = testAccounts();
  const owned = new AsyncDisposableStack();
  let pam: PamKeeper;
  beforeAll(async () => {
    pam = asking(await accounts.service(UNIX));
  });
  afterAll(async () => {
    await owned.disposeAsync();
    await accounts[Symbol.asyncDispose]();
  });

  function asking(service: string, more: { readonly helpers?: number; readonly deadlineMs?: number } = {}): PamKeeper {
    return owned.use(
      createPam({ clock: systemClock, log: silentLog, service, helpers: 4, deadlineMs: 30_000, ...more }),
    );
  }
  function check(account: string, more: Partial<Tried> = {}): Promise<PamAnswer> {
    const { password = PASSWORD, answers = [], address = "192.0.2.7", by = pam } = more;
    return by.check({ account, password, answers, address });
  }
  const wrong = { kind: "refused", reason: "wrong" };

  test("the right password proves an account, with all its groups and its owner's name", async () => {
    const groups = [await accounts.group(), await accounts.group()];
    const name = await accounts.add(groups, ["-c", "Ana Álvarez,room 1"]);
    const answer = await check(name);
    expect(answer).toMatchObject({ kind: "proven", account: { name, fullName: "Ana Álvarez" } });
    if (answer.kind !== "proven") throw new Error();
    expect(answer.account.uid).toBeGreaterThanOrEqual(5000);
    expect(answer.account.groups[0]).toBe(name);
    expect(answer.account.groups.toSorted()).toEqual([name, ...groups].toSorted());
    expect(await pam.account(name)).toEqual(answer.account);
    expect(await pam.account("nobody-has-this-name")).toBeUndefined();
  });

  test("a wrong password and an unknown account are refused alike", async () => {
    const name = await accounts.add();
    const [known, unknown] = [
      await check(name, { password: "no" }),
      await check("nobody-has-this", { password: "no" }),
    ];
    expect(known).toMatchObject(wrong);
    expect(unknown).toMatchObject(wrong);
    expect(Object.keys(known)).toEqual(Object.keys(unknown));
    // pam_unix asks for two seconds, and libpam spreads them; nobody slept here.
    for (const each of [known, unknown]) if (each.kind === "refused") expect(each.delayMs).toBeGreaterThan(900);
  });

  test("an empty password proves nothing, also where an account has none", async () => {
    const service = await accounts.service("auth required pam_unix.so nullok\naccount required pam_unix.so");
    const name = await accounts.add();
    await accounts.run("passwd", "-d", name);
    expect(await check(name, { password: "", by: asking(service) })).toMatchObject(wrong);
  });

  test("expired accounts, locked ones and passwords that must be changed are told apart, to who knows the password", async () => {
    const [expired, change, inactive, locked] = [
      await accounts.add(),
      await accounts.add(),
      await accounts.add(),
      await accounts.add(),
    ];
    await accounts.run("chage", "-E", "1", expired);
    await accounts.run("chage", "-d", "0", change);
    await accounts.run("chage", "-d", "2020-01-01", "-M", "10", "-I", "10", inactive);
    await accounts.run("usermod", "-L", locked);
    expect(await check(expired)).toMatchObject({ kind: "refused", reason: "expired" });
    expect(await check(change)).toMatchObject({ kind: "refused", reason: "must-change" });
    expect(await check(inactive)).toMatchObject({ kind: "refused", reason: "locked" });
    // Locking makes the password unusable: there is nothing left by which its owner could be known.
    expect(await check(locked)).toMatchObject(wrong);
    for (const name of [expired, change, inactive, locked]) {
      expect(await check(name, { password: "no" })).toMatchObject(wrong);
    }
  });

  test.runIf(hasRules)(
    "they are told apart also by the service file that is made here, on this machine's rules",
    async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), "atalaya-pam-"));
      for (const name of RULES) await writeFile(join(folder.path, name), "");
      await chooseService("atalaya", [folder.path]);
      const by = asking(await accounts.service(await readFile(join(folder.path, "atalaya"), "utf8")));
      const [fine, expired, change] = [await accounts.add(), await accounts.add(), await accounts.add()];
      await accounts.run("chage", "-E", "1", expired);
      await accounts.run("chage", "-d", "0", change);
      expect(await check(fine, { by })).toMatchObject({ kind: "proven" });
      expect(await check(expired, { by })).toMatchObject({ kind: "refused", reason: "expired" });
      expect(await check(change, { by })).toMatchObject({ kind: "refused", reason: "must-change" });
      expect(await check(expired, { by, password: "no" })).toMatchObject(wrong);
    },
  );

  test("an account that the service does not admit is locked, and its modules' words are kept", async () => {
    const service = await accounts.service(
      "auth required pam_unix.so\naccount optional pam_echo.so Only staff, %u.\naccount required pam_deny.so",
    );
    const name = await accounts.add();
    const by = asking(service);
    expect(await check(name, { by })).toMatchObject({ reason: "locked", messages: [`Only staff, ${name}.`] });
    expect(await check(name, { by, password: "no" })).toMatchObject({ reason: "wrong" });
  });

  test("a service that asks more gets its answers in order, or says what it asks", async () => {
    // pam_stress asks for a password of its own when it is not told to use the first one.
    const service = await accounts.service(
      "auth required pam_unix.so\nauth required pam_stress.so\naccount required pam_permit.so",
    );
    const name = await accounts.add();
    const by = asking(service);
    const asked = await check(name, { by });
    expect(asked).toMatchObject({ kind: "asks", prompts: [{ echo: false }] });
    expect(await check(name, { by, answers: ["anything"] })).toMatchObject({ kind: "proven", account: { name } });
  });

  test("a service that is broken is the machine's fault, not the account's", async () => {
    const service = await accounts.service("auth required pam_nowhere.so\naccount required pam_permit.so");
    const name = await accounts.add();
    await expect(check(name, { by: asking(service) })).rejects.toMatchObject({ code: "identity.pam-unavailable" });
  });

  test("names and passwords of any kind are answered, none is taken for something else", async () => {
    for (const account of ["", " ", "a b", "-x", "root\n", "a:b", "é", "../x", "%s%n", "x".repeat(5_000)]) {
      expect(await check(account, { password: "no" })).toMatchObject(wrong);
    }
  });

  test("eight wrong passwords at once hold nobody up: libpam's delay is waited for elsewhere", async () => {
    const name = await accounts.add();
    await check(name);
    const began = performance.now();
    const guesses = Array.from({ length: 8 }, () => check(name, { password: "no", address: "203.0.113.9" }));
    expect(await check(name)).toMatchObject({ kind: "proven" });
    const right = performance.now() - began;
    await Promise.all(guesses);
    const all = performance.now() - began;
    process.stdout.write(
      `beside 8 wrong passwords a right one took ${Math.round(right)} ms, all of them ${Math.round(all)} ms\n`,
    );
    // One fail delay of one of them would be longer.
    expect(all).toBeLessThan(8_000);
  });

  test("a module that hangs costs one helper, which is killed; one network has at most half of them", async () => {
    const slow = await accounts.add();
    const quick = await accounts.add();
    const service = await accounts.service(
      `auth [success=1 default=ignore] pam_succeed_if.so quiet user != ${slow}\nauth required pam_exec.so quiet /bin/sleep 15\n${UNIX}`,
    );
    const by = asking(service, { deadlineMs: 3_000 });
    expect(await check(quick, { by })).toMatchObject({ kind: "proven" });
    const hanging = Array.from({ length: 6 }, () =>
      check(slow, { by, address: "203.0.113.9" }).catch((error: { code: string }) => error.code),
    );
    const began = performance.now();
    expect(await check(quick, { by })).toMatchObject({ kind: "proven" });
    const took = performance.now() - began;
    process.stdout.write(`beside 6 that hang another one took ${Math.round(took)} ms\n`);
    expect(took).toBeLessThan(2_900);
    expect(new Set(await Promise.all(hanging))).toEqual(new Set(["identity.pam-unavailable"]));
    expect(await check(quick, { by })).toMatchObject({ kind: "proven" });
  }, 40_000);

  test("a helper that is killed in the middle is replaced, and so is the keeper while this is root", async () => {
    const name = await accounts.add();
    const service = await accounts.service(`auth required pam_exec.so quiet /bin/sleep 2\n${UNIX}`);
    const by = asking(service);
    for (const program of ["asker.program.ts", "keeper.program.ts"]) {
      const asked = check(name, { by }).catch((error: { code: string }) => error.code);
      const [pid] = await eventually(() => programs(program, service));
      process.kill(pid!, "SIGKILL");
      expect(await asked).toBe("identity.pam-unavailable");
      expect(await check(name, { by })).toMatchObject({ kind: "proven" });
    }
  }, 40_000);

  test("what somebody typed stands in no process list and no environment", async () => {
    const name = await accounts.add();
    const service = await accounts.service(`auth required pam_exec.so quiet /bin/sleep 1\n${UNIX}`);
    const asked = check(name, { by: asking(service) });
    await eventually(() => programs("asker.program.ts", service));
    const seen = await Promise.all(
      (await readdir("/proc"))
        .filter((entry) => /^\d+$/.test(entry))
        .flatMap((pid) =>
          ["cmdline", "environ"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
        ),
    );
    expect(seen.filter((text) => text.includes(PASSWORD) || text.includes("Geheim-1"))).toEqual([]);
    expect(await asked).toMatchObject({ kind: "proven" });
  });
});

interface Tried {
  readonly password: string;
  readonly answers: readonly string[];
  readonly address: string;
  readonly by: PamKeeper;
}

/** Processes that run this program of ours for this service. */
async function programs(program: string, service: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return pids.filter((_, at) => lines[at]!.includes(program) && lines[at]!.includes(service)).map(Number);
}

async function eventually<T>(look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  for (;;) {
    const found = await look();
    if (found.length > 0) return found;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
