import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joined, removeFolder, startAgent, temporaryFolder, type RunningAgent } from "../../testing/agent.testing.ts";
import { eventually } from "../../testing/eventually.testing.ts";
import { streamAsker, type StreamAsker } from "../../testing/streams.testing.ts";
import { startTower, type Tower, type TowerLink } from "../../testing/tower.testing.ts";
import { load } from "./binding.ts";

const NAME = "atalaya-t2";
const isRoot = process.getuid?.() === 0;
let tower: Tower;
let agent: RunningAgent;
let link: TowerLink;
let data: string;
let asker: StreamAsker;

const size = { columns: 80, rows: 24 };

beforeAll(async () => {
  if (isRoot) execFileSync("useradd", ["-m", "-s", "/bin/bash", "-K", "UID_MIN=5000", NAME]);
  tower = await startTower();
  data = await temporaryFolder();
  await joined(data, tower);
  const next = tower.nextLink();
  agent = startAgent(data, { policyPath: join(data, "policy.toml"), streamsLinklessMs: 500 });
  link = await next;
  asker = streamAsker(tower, () => link, "terminal");
});
afterAll(async () => {
  await agent.stop();
  await tower.stop();
  if (isRoot) execFileSync("userdel", ["-f", "-r", NAME], { stdio: "ignore" });
  await removeFolder(data);
});

/** A person at a terminal: types, and waits for what the screen shows. */
async function sit(request: object = {}) {
  const said: unknown[] = [];
  const stream = await asker.opened({ request: { ...size, ...request } }, (value) => said.push(value));
  let screen = "";
  let raw = Buffer.alloc(0);
  let failed: unknown;
  const waiting = new Set<() => void>();
  const look = (): void => waiting.forEach((one) => one());
  stream.bytes.on("data", (bytes: Buffer) => {
    raw = Buffer.concat([raw, bytes]);
    screen = raw.toString("utf8");
    look();
  });
  const ended = new Promise<unknown>((resolve) => {
    stream.bytes.once("end", () => {
      stream.bytes.end();
      resolve(stream.heard);
    });
    stream.bytes.once("error", (error: { readonly code?: unknown }) => {
      failed = error.code;
      resolve({ failed });
    });
  });
  return {
    stream,
    said,
    ended,
    get screen() {
      return screen;
    },
    get raw() {
      return raw;
    },
    type: (text: string) => void stream.bytes.write(text),
    shows: (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((resolve) => {
        const one = (): void => {
          const found = pattern.exec(screen);
          if (found === null) return;
          waiting.delete(one);
          resolve(found);
        };
        waiting.add(one);
        one();
      }),
  };
}

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("a terminal", () => {
  test("is a terminal: typed lines run, their output comes, the shell's status is the last word", async () => {
    const person = await sit();
    person.type("tty; echo sum $((40+2)); exit 7\n");
    await person.shows(/\/dev\/pts\/\d+/);
    await person.shows(/sum 42/);
    expect(await person.ended).toEqual({ exitCode: 7 });
    expect(person.said).toEqual([{ type: "opened", account: execFileSync("id", ["-un"]).toString().trim() }]);
  });

  test("has the size that is asked for, and another when it is resized", async () => {
    const person = await sit({ columns: 100, rows: 30 });
    person.type("stty size\n");
    await person.shows(/30 100/);
    person.stream.say({ type: "resize", columns: 132, rows: 50 });
    person.stream.say({ type: "resize", columns: 0, rows: -1 });
    person.type("trap 'stty size' WINCH; stty size\n");
    await person.shows(/50 132/);
    person.type("exit\n");
    await person.ended;
  });

  test("passes every byte as it is, both ways", async () => {
    const person = await sit();
    person.type("stty raw -echo; echo re''ady; head -c 1024 | od -An -v -tu1 -w1024; exit\n");
    await person.shows(/ready/);
    const bytes = Buffer.from(Array.from({ length: 1024 }, (_, n) => n % 256));
    person.stream.bytes.write(bytes);
    await person.ended;
    const numbers = person.screen
      .slice(person.screen.lastIndexOf("ready"))
      .match(/\b\d+\b/g)!
      .map(Number);
    expect(numbers).toEqual([...bytes]);
    const other = await sit();
    other.type("stty -opost -echo; printf '\\000\\377\\200END'; exit\n");
    await other.ended;
    expect(other.raw.includes(Buffer.from([0, 255, 128]))).toBe(true);
  });

  test("keeps up with much output, and slows it down for who does not read", async () => {
    const person = await sit();
    person.type("stty -opost; seq 1 200000; echo DO''NE; exit\n");
    await person.shows(/DONE/);
    await person.ended;
    expect(person.screen).toContain("\n199999\n200000\n");
  });

  test("never stops the agent, whatever is typed into a program that does not read", async () => {
    const person = await sit();
    person.type("stty raw -echo; echo re''ady; sleep 1000\n");
    await person.shows(/ready/);
    person.type("x".repeat(300_000));
    // The agent still answers others.
    const other = await sit();
    other.type("echo al''ive; exit\n");
    await other.shows(/alive/);
    await other.ended;
    person.stream.bytes.destroy();
  });

  test("ends with its stream: the shell, and what ignores a hang-up", async () => {
    const person = await sit();
    person.type("trap '' HUP; echo shell=$$=; sh -c 'echo inner=$$=; sleep 1000; sleep 1000'\n");
    const shell = Number((await person.shows(/shell=(\d+)=/))[1]);
    const inner = Number((await person.shows(/inner=(\d+)=/))[1]);
    expect([alive(shell), alive(inner)]).toEqual([true, true]);
    person.stream.bytes.destroy();
    await eventually(async () => [alive(shell), alive(inner)]).toEqual([false, false]);
  });

  test("ends when the link stays away", async () => {
    const person = await sit();
    person.type("echo shell=$$=\n");
    const shell = Number((await person.shows(/shell=(\d+)=/))[1]);
    const before = tower.welcome;
    tower.welcome = () => ({ type: "refused", code: "server.busy", message: "later", retryAfterMs: 2_000 });
    const next = tower.nextLink();
    link.socket.terminate();
    expect(await person.ended).toEqual({ failed: "host.offline" });
    await eventually(async () => alive(shell)).toBe(false);
    tower.welcome = before;
    link = await next;
  });

  test("ends when no key is pressed for too long", async () => {
    const person = await sit({ idleMs: 1_000 });
    expect(await person.ended).toEqual({ failed: "stream.idle" });
  });

  test("whose person ends the input ends as with Ctrl-D", async () => {
    const person = await sit();
    person.type("echo la''st\n");
    await person.shows(/last/);
    person.stream.bytes.end();
    expect(await person.ended).toEqual({ exitCode: 0 });
  });

  test("is over when its shell is, also when something of it runs on", async () => {
    const person = await sit();
    person.type("(trap '' HUP; sleep 1000) & echo left=$!=; disown -a 2>/dev/null; exit\n");
    const left = Number((await person.shows(/left=(\d+)=/))[1]);
    expect(await person.ended).toEqual({ exitCode: 0 });
    process.kill(left, "SIGKILL");
  });
});

describe("a terminal is refused", () => {
  test("with a request that cannot be read, for an account that is not there, and by the host's policy", async () => {
    const request = (over: object) => ({ request: { ...size, ...over } });
    expect(await asker.refusal({ request: {} })).toBe("request.malformed");
    expect(await asker.refusal(request({ term: "x;y" }))).toBe("request.malformed");
    expect(await asker.refusal(request({ account: "-x" }))).toBe("request.malformed");
    expect(await asker.refusal(request({ account: "no-such-account" }))).toBe("terminal.cannot-start");
    expect(await asker.refusal(request({ account: "daemon" }))).toBe("stream.forbidden-by-policy");
    const policies = [
      "[exec]\nshell = false\n",
      '[exec]\nworking-directories = ["/srv"]\n',
      "[terminal]\nallowed = false\n",
      '[streams]\nkinds = ["relay"]\n',
      'capabilities = ["exec"]\n',
      'capabilities = ["terminal"]\n',
      "[terminal]\nmistake = 1\n",
    ];
    for (const policy of policies) {
      await writeFile(join(data, "policy.toml"), policy, { mode: 0o600 });
      expect(await asker.refusal(request({})), policy).toBe("stream.forbidden-by-policy");
    }
    await writeFile(join(data, "policy.toml"), "[exec]\nshell = false\n[terminal]\nallowed = true\n");
    const person = await sit();
    person.type("exit\n");
    await person.ended;
    await rm(join(data, "policy.toml"));
  });

  test("clearly, where the library for terminals is missing or does not run", async () => {
    const folder = await mkdtemp(join(tmpdir(), "atalaya-pty-"));
    const failure = (): string => {
      try {
        load(folder);
        return "loaded";
      } catch (error) {
        const { code, message } = error as { readonly code: string; readonly message: string };
        return `${code}: ${message}`;
      }
    };
    expect(failure()).toMatch(/^terminal\.unavailable: .*there is no pty\.node beside the agent/);
    await writeFile(join(folder, "pty.node"), "no library");
    expect(failure()).toMatch(/^terminal\.unavailable: .*does not run here/);
    await rm(folder, { recursive: true });
  });
});

describe.runIf(isRoot)("a terminal as another account", () => {
  test("is that account's login: groups, home, environment, its own terminal device, no way back", async () => {
    const person = await sit({ account: NAME, term: "xterm", lang: "C.UTF-8" });
    person.type("echo name=$(id -un)= groups=$(id -Gn)= home=$HOME= pwd=$PWD= term=$TERM= lang=$LANG= shell=$SHELL=\n");
    await person.shows(
      new RegExp(`name=${NAME}= groups=${NAME}= home=/home/${NAME}= pwd=/home/${NAME}= term=xterm= lang=C.UTF-8=`),
    );
    person.type(
      "echo tty=$(stat -c %U:%a $(tty))= login=$(shopt -q login_shell && echo yes)= jobs=$-= leader=$(ps -o sid= $$)=$$=\n",
    );
    await person.shows(new RegExp(`tty=${NAME}:620= login=yes=`));
    const [, session, shell] = await person.shows(/leader=\s*(\d+)=(\d+)=/);
    expect(session).toBe(shell);
    person.type("env | grep -c ATALAYA; ulimit -Sn; exit\n");
    expect(await person.ended).toEqual({ exitCode: 0 });
    expect(person.said).toEqual([{ type: "opened", account: NAME }]);
    expect(person.screen).toMatch(/0\r\n1024\r\n/);
  });

  test("begins in the root where the home is not there, and says what an account without a shell says", async () => {
    await chmod(`/home/${NAME}`, 0o000);
    const person = await sit({ account: NAME });
    person.type("echo pwd=$(pwd)=; exit\n");
    await person.shows(/pwd=\/=/);
    await person.ended;
    await chmod(`/home/${NAME}`, 0o700);
    execFileSync("usermod", ["-s", "/usr/sbin/nologin", NAME]);
    const turned = await sit({ account: NAME });
    expect(await turned.ended).toEqual({ exitCode: 1 });
    expect(turned.screen).toMatch(/not available/);
    expect((await readFile("/etc/passwd", "utf8")).includes(NAME)).toBe(true);
  });
});
