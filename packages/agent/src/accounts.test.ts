import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "./testing/agent.testing.ts";
import { startTower, type Tower } from "./testing/tower.testing.ts";

const NAME = "atalaya-t1";
const GROUPS = ["atalaya-g1", "atalaya-g2"];
const isRoot = process.getuid?.() === 0;
let tower: Tower;
let agent: RunningAgent;
let data: string;

describe.runIf(isRoot)("a command as another account", () => {
  beforeAll(async () => {
    for (const group of GROUPS) execFileSync("groupadd", ["-f", group]);
    execFileSync("useradd", ["-m", "-s", "/bin/sh", "-G", GROUPS.join(), "-K", "UID_MIN=5000", NAME]);
    tower = await startTower();
    data = await temporaryFolder();
    await joined(data, tower);
    const link = tower.nextLink();
    agent = startAgent(data);
    await link;
  });
  afterAll(async () => {
    await agent?.stop();
    await tower?.stop();
    execFileSync("userdel", ["-r", NAME], { stdio: "ignore" });
    for (const group of GROUPS) execFileSync("groupdel", [group]);
    await removeFolder(data);
  });
  const run = async (script: string, more: object = {}) => {
    const one = tower.run({ command: { kind: "shell", script }, account: NAME, ...more });
    return { result: await one.ended, text: one.text() };
  };

  test("has all its groups and the environment of a login, and cannot become the agent's again", async () => {
    const { text } = await run(
      "id -un; id -Gn; echo $HOME $USER $LOGNAME $SHELL; pwd; env | cut -d= -f1 | sort | tr '\\n' ' '",
    );
    const [name, groups, login, cwd, variables] = text.split("\n");
    expect(name).toBe(NAME);
    expect(groups!.split(" ").toSorted()).toEqual([...GROUPS, NAME].toSorted());
    expect(login).toBe(`/home/${NAME} ${NAME} ${NAME} /bin/sh`);
    expect(cwd).toBe(`/home/${NAME}`);
    expect(
      variables!
        .trim()
        .split(" ")
        .filter((one) => !/^(LANG|LC_.*|TZ)$/.test(one)),
    ).toEqual(["ATALAYA_RUN", "HOME", "LOGNAME", "PATH", "PWD", "SHELL", "USER"]);
    expect((await run("cat /etc/shadow")).result.state).toBe("failed");
  });
  test("may open its own streams anew, but not look into the spool", async () => {
    const { text, result } = await run(`echo one; echo two >>/dev/stdout; ls ${data}/spool 2>/dev/null || echo closed`);
    expect(result.state).toBe("succeeded");
    expect(text).toBe("one\ntwo\nclosed\n");
  });
  test("loses nothing when it opens them anew as a shell does", async () => {
    const { text, result } = await run(
      "echo a >/dev/stderr; echo b >/dev/stderr; echo c >/dev/stdout | tee /dev/stderr; echo d | tee /dev/stderr",
    );
    expect(result.state).toBe("succeeded");
    expect(text.split("\n").toSorted()).toEqual(["", "a", "b", "c", "c", "d", "d"]);
  });
  test("can be ended, and its own limits and nice hold", async () => {
    expect((await run("sleep 20", { timeLimitMs: 100 })).result.state).toBe("timed-out");
    const { text } = await run("ulimit -n; nice", { limits: { openFiles: 50 }, nice: -5 });
    expect(text).toBe("50\n-5\n");
  });
  test("is told when it may not go where it was asked to, or execute what it was asked to", async () => {
    const cwd = await run("true", { cwd: "/root" });
    expect(cwd.result).toMatchObject({
      state: "failed",
      reason: { code: "run.cannot-start", message: `${NAME} cannot change to /root` },
    });
    const limits = await run("true", { limits: { memoryBytes: 1_048_576 } });
    expect(limits.result).toMatchObject({
      state: "failed",
      reason: { code: "run.cannot-start", message: expect.stringContaining("the command could not begin") },
    });
    expect(limits.result.result).toBeUndefined();
  });
  test("opens its standard input anew, too", async () => {
    const { text } = await run("cat /dev/stdin; ls -l /proc/self/fd/0", { stdin: { kind: "text", text: "given\n" } });
    expect(text).toMatch(/^given\n.*stdin \(deleted\)\n$/);
  });

  describe("that was given to a person", () => {
    const asPerson = (script: string, more: object = {}) => run(script, { mapped: true, ...more });

    test("writes nowhere with the agent's rights, and owns nothing that it could not make", async () => {
      const { text } = await asPerson(
        "for at in /etc /usr/local/bin /root /var/lib; do touch $at/atalaya-owned 2>/dev/null && echo wrote $at; done; touch mine && stat -c %U mine; rm mine",
      );
      expect(text).toBe(`${NAME}\n`);
    });
    test("cannot raise its limits with the agent's rights, and can lower them with its own", async () => {
      const lowered = await asPerson("ulimit -n; nice", { limits: { openFiles: 50 }, nice: 5 });
      expect(lowered.text).toBe("50\n5\n");
      const raised = await asPerson("ulimit -Hn", { limits: { openFiles: 2_000_000_000 } });
      expect(raised.text).not.toContain("2000000000");
      expect(raised.result.state).toBe("failed");
    });
    test.each(["root", "daemon"])("is not %s", async (account) => {
      const { result } = await asPerson("id", { account });
      expect(result).toMatchObject({ state: "refused", reason: { code: "run.forbidden-by-policy" } });
    });
    test("is told when the host has no such account", async () => {
      const { result } = await asPerson("id", { account: "atalaya-nobody-here" });
      expect(result).toMatchObject({
        state: "refused",
        reason: { code: "run.account-unusable", message: "there is no account atalaya-nobody-here on this host" },
      });
    });
    test("sees nothing of the agent's environment", async () => {
      // This test's own is the agent's, which runs in its process.
      process.env["ATALAYA_TEST_PASSWORD"] = "hunter2";
      try {
        const { text } = await asPerson("env; tr '\\0' '\\n' </proc/self/environ; tr '\\0' '\\n' </proc/$PPID/environ");
        expect(text).toContain(`HOME=/home/${NAME}`);
        expect(text).not.toContain("hunter2");
        const own = await run("env", { account: undefined });
        expect(own.text).not.toContain("hunter2");
      } finally {
        delete process.env["ATALAYA_TEST_PASSWORD"];
      }
    });
  });
});
