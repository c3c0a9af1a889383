/** A person's ways through the command line: a real server, one real agent, a room of simulated ones. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  crowd,
  enrolSim,
  fingerprintOf,
  joinAgent,
  newKeyAndCsr,
  postEnrolment,
  serverProcess,
  startAgent,
  type Behaviour,
  type Crowd,
  type OwnedProcess,
  type ServerProcess,
} from "@atalaya/testkit";
import { startCli, type CliOptions, type CliProcess, type CliResult } from "./cli-process.ts";

const SIMULATED = 12;
let folder: string;
let server: ServerProcess;
let agent: OwnedProcess;
let room: Crowd;

/** What a simulated host answers to the words of a command. */
function behave(host: number, words: string): Behaviour {
  const say = (text: string): NonNullable<Behaviour["output"]> => [{ stream: "stdout", bytes: Buffer.from(text) }];
  switch (words) {
    case "forever":
      return { output: say("waiting\n"), durationMs: Infinity };
    case "version":
      return { output: say(host === 7 ? "11\n" : "12\n"), durationMs: host > 9 ? 2_500 : 0 };
    case "odd-fails":
      return { exitCode: host % 2, output: say("") };
    default:
      return { output: say("hello") };
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "atalaya-cli-"));
  server = await serverProcess({ data: join(folder, "server") });
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {
    uses: SIMULATED + 1,
    expiresInMs: 600_000,
  });
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  agent = startAgent({ data, servers });
  const [own] = (await server.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts")).body.items;
  await server.call("PATCH", `/api/v1/hosts/${own!.name}`, { name: "real" });
  const simulated = Array.from({ length: SIMULATED }, async (_, index) => {
    const n = index + 1;
    const identity = await enrolSim(server, { token: body.token, n, hostname: `pc-${String(n).padStart(2, "0")}` });
    return {
      identity,
      host: server.host,
      port: server.port,
      behave: ({ request }: { readonly request: string }) => {
        const { command } = JSON.parse(request) as { command: { program: string; args: readonly string[] } };
        return behave(n, [command.program, ...command.args].join(" "));
      },
    };
  });
  room = crowd(await Promise.all(simulated));
  await room.connect();
  room.keepComingBack({ baseMs: 100, capMs: 500 });
  await until(async () => (await hostsOnline()) === SIMULATED + 1, "all hosts online");
});

afterAll(async () => {
  room[Symbol.dispose]();
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Still under way. */
function begin(args: readonly string[], options: CliOptions = {}): CliProcess {
  return startCli(args, { ...options, env: { ATALAYA_DATA: server.data, ...options.env } });
}

const cli = (args: readonly string[], options?: CliOptions): Promise<CliResult> => begin(args, options).ended;

/** Splits at blanks; for what has none inside its words. */
const words = (line: string, options?: CliOptions): Promise<CliResult> => cli(line.split(" "), options);

async function hostsOnline(): Promise<number> {
  return (await server.call<{ items: unknown[] }>("GET", "/api/v1/hosts?selector=state:online&limit=1000")).body.items
    .length;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  for (
    const deadline = Date.now() + 20_000;
    !(await holds());
    await new Promise((resolve) => setTimeout(resolve, 50))
  ) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
  }
}

const jobOf = ({ err }: { readonly err: string }): string => /job_[\w-]+/.exec(err)![0];

describe("run", () => {
  test("prints each line with its host before it, and a summary that adds up", async () => {
    const { status, out, err } = await words("run name:pc-[01-03] -- greet");
    expect(status).toBe(0);
    expect(out.split("\n").toSorted().join("\n")).toBe("\npc-01: hello\npc-02: hello\npc-03: hello");
    expect(err).toMatch(/^job_\S+ {2}3 hosts: 3 succeeded {2}in \S+\n$/);
  });

  test("gives words to the program as they are, keeps the streams apart and tells the exit code", async () => {
    const script = 'printf "%s|" "$@"; echo oops >&2; exit 3';
    const { status, out, err } = await cli(["run", "real", "--", "sh", "-c", script, "-", "a b", "$HOME", "*"]);
    expect(status).toBe(1);
    expect(out).toBe("real: a b|$HOME|*|\n");
    expect(err).toMatch(/^real: oops\nreal: failed \(3\)\njob_\S+ {2}1 host: 1 failed/);
  });

  test("folds equal output live: whoever comes later is the same as who was shown, and the end tells whole groups", async () => {
    const running = begin("run name:pc-* --fold -- version".split(" "));
    await running.prints(/---- pc-\[01-06,08-09\] \(8\)\n12\n/);
    const { status, out } = await running.ended;
    expect(status).toBe(0);
    expect(out).toBe(
      [
        "---- pc-[01-06,08-09] (8)",
        "12",
        "---- pc-07",
        "11",
        "---- pc-[10-12] (3): same as pc-[01-06,08-09]",
        "==== 2 different answers",
        "pc-[01-06,08-12] (11): 12",
        "pc-07: 11",
        "",
      ].join("\n"),
    );
  });

  test("--json prints events, the last with the states", async () => {
    const { status, events } = await words("run name:pc-[01-04] --json -- odd-fails");
    expect(status).toBe(1);
    expect(events.filter(({ type }) => type === "run")).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({
      type: "job",
      state: "finished",
      targets: 4,
      states: { succeeded: 2, failed: 2 },
    });
  });

  test("binary output comes byte for byte, however much it is", async () => {
    const { bytes, status } = await cli([
      "run",
      "real",
      "--no-prefix",
      "-q",
      "--",
      "sh",
      "-c",
      "printf 'a\\0\\377'; head -c 3000000 /dev/zero",
    ]);
    expect(status).toBe(0);
    expect(bytes.equals(Buffer.concat([Buffer.from([0x61, 0, 0xff]), Buffer.alloc(3_000_000)]))).toBe(true);
  });

  test("standard input comes from here, from text, or from a secret", async () => {
    expect((await words("run real --no-prefix -q --stdin-file - -- cat", { input: "from here" })).out).toBe(
      "from here",
    );
    expect((await cli(["run", "real", "--no-prefix", "-q", "--stdin", "a text", "--", "cat"])).out).toBe("a text");
  });

  test("--preview shows whom it would hit and does nothing", async () => {
    const before = (await words("job ls --json")).out;
    expect((await cli(["run", "name:pc-* and not name:pc-03", "--preview"])).out).toContain(
      "11 hosts (11 online): pc-[01-02,04-12]",
    );
    expect((await words("job ls --json")).out).toBe(before);
  });

  test("the first Ctrl-C cancels, and the summary tells it", async () => {
    const running = begin("run name:pc-[01-02] -- forever".split(" "));
    await running.prints(/pc-02: waiting/);
    running.child.kill("SIGINT");
    const { status, err } = await running.ended;
    expect(status).toBe(1);
    expect(err).toContain("Cancelling job_");
    expect(err).toContain("2 hosts: 2 cancelled");
    expect(err).not.toContain("It was not cancelled");
  });

  test("the second Ctrl-C leaves, and says how to come back", async () => {
    const running = begin(["run", "real", "--grace", "3s", "--", "sh", "-c", "trap '' TERM; echo on; sleep 60"]);
    await running.prints(/real: on/);
    running.child.kill("SIGINT");
    await running.prints(/Cancelling/);
    running.child.kill("SIGINT");
    const { status, err } = await running.ended;
    expect(status).toBe(130);
    expect(err).toContain(`atalaya job output ${jobOf({ err })} --follow`);
  });

  test("says that it waits for hosts that are away, and finishes when they come", async () => {
    const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {});
    const identity = await enrolSim(server, { token: body.token, n: 99, hostname: "away" });
    const { host, port } = server;
    using late = crowd([{ identity, host, port, behave: () => behave(99, "greet") }]);
    const running = begin("run away -- greet".split(" "));
    await running.prints(/away is (offline|pending): its run waits/);
    await late.connect();
    expect(await running.ended).toMatchObject({ status: 0, out: "away: hello\n" });
    late[Symbol.dispose]();
    await until(async () => (await hostsOnline()) === SIMULATED + 1, "away away");
    expect((await words("host forget away")).status).toBe(0);
  });

  test("a reader that goes away ends it quietly", async () => {
    const { stdout } = await promisify(execFile)(
      "sh",
      [
        "-c",
        `"$0" "$1" run real -- seq 1 200000 | head -1`,
        process.execPath,
        join(import.meta.dirname, "../packages/cli/bin/atalaya.mjs"),
      ],
      { env: { ...process.env, ATALAYA_DATA: server.data } },
    );
    expect(stdout).toBe("real: 1\n");
  });
});

describe("script", () => {
  test("is known among the jobs by its name and what it was given, not by its text", async () => {
    await server.call("PUT", "/api/v1/scripts/greet", {
      text: 'echo "hola $WHO"',
      parameters: [{ type: "string", name: "WHO" }],
    });
    const { out } = await cli(["script", "run", "greet", "real", "--set", "WHO=Ana Luz"]);
    expect(out).toBe("real: hola Ana Luz\n");
    expect((await words("job ls")).out).toContain("script greet WHO='Ana Luz'");
    expect((await words("job show last")).out).toMatch(/script as of\s+\d/);
  });
});

describe("a job that one comes back to", () => {
  test("run goes on after kill -9 of the server, without loss or repetition; job output tells the same", async () => {
    const script = "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done; exit 4";
    const running = begin(["run", "real", "--", "sh", "-c", script]);
    await running.prints(/line 2/);
    await server.end("SIGKILL");
    await running.prints(/connection to the server is lost/);
    await server.start();
    const whole = Array.from({ length: 6 }, (_, index) => `real: line ${index + 1}\n`).join("");
    const { status, out, err } = await running.ended;
    expect({ status, out }).toEqual({ status: 1, out: whole });
    expect(err).toContain("real: failed (4)");
    expect(await words(`job output ${jobOf({ err })} --follow`)).toMatchObject({ status: 1, out: whole });
    expect((await words(`job output ${jobOf({ err })} --host real`)).out).toBe(whole.replaceAll("real: ", ""));
    await until(async () => (await hostsOnline()) === SIMULATED + 1, "all hosts back");
  });

  test("following attaches in mid-run, and leaving cancels nothing", async () => {
    const id = (await words("run name:pc-[01-02] --detach -- forever")).out.trim();
    const following = begin(`job output ${id} --follow`.split(" "));
    await following.prints(/pc-02: waiting/);
    following.child.kill("SIGINT");
    expect((await following.ended).status).toBe(130);
    expect((await words("job ls --state running")).out).toContain(id);
    expect((await words(`job output ${id}`)).err).toContain("2 of 2 hosts still open");
    expect((await words("job cancel last")).err).toContain(`${id} is cancelled`);
    expect((await words(`job output ${id} --follow`)).status).toBe(1);
    expect((await words(`job cancel ${id}`)).status).toBe(1);
  });

  test("retry asks again only where it did not succeed", async () => {
    const first = await words("run name:pc-[01-04] -- odd-fails");
    expect(first.status).toBe(1);
    const again = await words(`job retry ${jobOf(first)} --json`);
    expect(
      again.events
        .filter(({ type }) => type === "run")
        .map(({ host }) => (host as { name: string }).name)
        .toSorted(),
    ).toEqual(["pc-01", "pc-03"]);
    expect((await words("job show last")).out).toMatch(new RegExp(`retry of +${jobOf(first)}`));
  });

  test("show tells what became of it by outcome, ls lists, pause and resume are told", async () => {
    const id = jobOf(await words("run name:pc-[01-04] --note because -- odd-fails"));
    const shown = (await words(`job show ${id}`)).out;
    expect(shown).toContain("succeeded: pc-[02,04] (2)");
    expect(shown).toContain("failed (1): pc-[01,03] (2)");
    expect(shown).toMatch(/note +because/);
    expect(JSON.parse((await words(`job show ${id} --json`)).out)).toMatchObject({
      id,
      targets: 4,
      runs: [{}, {}, {}, {}],
    });
    expect((await words("job ls")).out).toMatch(new RegExp(`^${id} +finished +2 succeeded, 2 failed .*odd-fails`, "m"));
    const request = { command: { kind: "program", program: "greet", args: [] } };
    for (let n = 0; n < 20; n += 1)
      await server.call("POST", "/api/v1/jobs", { selector: "name:pc-01", capability: "exec", request });
    const listed = await words("job ls");
    expect(listed.out.match(/^job_/gm)).toHaveLength(20);
    expect(listed.err).toBe("There are older ones: atalaya job ls --all\n");
    expect((await words("job ls --all")).err).toBe("");
    const paused = (await words("run name:pc-* --wave 1 --detach -- forever")).out.trim();
    expect((await words(`job pause ${paused}`)).err).toContain("is paused");
    expect((await words(`job resume ${paused}`)).err).toContain("goes on");
    expect((await words(`job cancel ${paused}`)).status).toBe(0);
  });
});

describe("exit statuses and what is said with them", () => {
  test.concurrent.each<[string, number, RegExp]>([
    ["run all", 2, /name a command after --/],
    ["run all --nope -- x", 2, /unknown option '--nope'\n(.*\n)?See: atalaya run --help/],
    ["rnu", 2, /Did you mean run\?/],
    ["run lab:( -- x", 2, / {2}lab:\(\n {6}\^/],
    ["run all --timeout 3x -- x", 2, /--timeout: 3x is no time/],
    ["run real --timeout 0s --nice 40 -- x", 2, /^error: --timeout: .*\n--nice: /],
    ["run real --deadline 0s -- x", 2, /^error: --deadline: /],
    ["run real --secret TOKEN=abc -- x", 2, /can be seen by everybody/],
    ["run all --confirm 3 -- x", 2, /If you mean it: --confirm 13/],
    ["job show nonsense", 2, /atalaya job ls/],
    ["--token-file /nonexistent hosts", 2, /cannot read \/nonexistent/],
    ["--server https://127.0.0.1:1 hosts", 3, /nobody listens there/],
    ["run name:nobody -- x", 5, /atalaya hosts/],
    ["run @nobody -- x", 2, /atalaya group ls/],
    ["host nobody", 5, /There is no host/],
    ["host lable pc-01 x", 2, /"lable pc-01 x" is neither one host .*\nSee: atalaya host --help/],
    ["host label pc-01 ok b+d", 2, /"b\+d" is no label/],
  ])("%s ends with %i", async (line, status, message) => {
    const ended = await words(line);
    expect({ status: ended.status, out: ended.out }).toEqual({ status, out: "" });
    expect(ended.err).toMatch(message);
  });

  test("a server whose CA is not ours is not trusted, and no server at all is told", async () => {
    const elsewhere = { env: { ATALAYA_DATA: folder } };
    const untrusted = await words(`--server ${server.url} hosts`, elsewhere);
    expect(untrusted.status).toBe(3);
    expect(untrusted.err).toContain("--ca FILE");
    const none = await words("hosts", elsewhere);
    expect(none.status).toBe(3);
    expect(none.err).toContain("--data FOLDER");
  });

  test("a token may do what it may, and must not be readable by others", async () => {
    const made = await words("api-token create ci --role viewer");
    const file = join(folder, "ci.token");
    writeFileSync(file, made.out, { mode: 0o600 });
    const asViewer = { env: { ATALAYA_TOKEN_FILE: file } };
    expect((await words("hosts", asViewer)).status).toBe(0);
    const refused = await words("run all -- x", asViewer);
    expect(refused.status).toBe(4);
    expect(refused.err).toContain("job.create");
    chmodSync(file, 0o644);
    expect(await words("hosts", asViewer)).toMatchObject({ status: 2 });
    chmodSync(file, 0o600);
    const id = /token_[\w-]+/.exec(made.err)![0];
    expect((await words("api-token ls")).out).toMatch(new RegExp(`^${id} +ci +viewer`, "m"));
    expect((await words(`api-token revoke ${id}`)).status).toBe(0);
    expect((await words("hosts", asViewer)).status).toBe(4);
  });
});

test("secrets reach the command and nothing else", async () => {
  const value = `hush-${process.pid}-hush`;
  writeFileSync(join(folder, "secret"), `${value}\n`);
  const ask = [
    "run",
    "real",
    "--no-prefix",
    "--secret",
    `TOKEN=@${join(folder, "secret")}`,
    "--secret",
    "PW=env:HUSH",
    "--secret-stdin",
    "PW",
  ];
  const { out, err } = await cli(
    [...ask, "--", "sh", "-c", 'printf "%s %s" "${#TOKEN}" "$(cat | wc -c)"; tr "\\0" "\\n" </proc/$$/cmdline >&2'],
    { env: { HUSH: `${value}x` } },
  );
  expect(out).toBe(`${value.length} ${value.length + 1}`);
  expect(err).not.toContain(value);
  expect((await words("job show last --json")).out).not.toContain(value);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (path) => path !== "secret" && statSync(join(folder, path)).isFile(),
  );
  expect(files.length).toBeGreaterThan(5);
  expect(files.filter((path) => readFileSync(join(folder, path)).includes(value))).toEqual([]);
});

describe("hosts", () => {
  test("are listed for people and for programs, without control characters in a pipe", async () => {
    const { out } = await words("hosts name:pc-*");
    expect(out.split("\n")[0]).toMatch(/^NAME +STATE +PLACE/);
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const hosts = JSON.parse((await words("hosts --json")).out) as Record<string, unknown>[];
    expect(hosts).toHaveLength(SIMULATED + 1);
    expect(hosts[0]).toMatchObject({
      id: expect.stringMatching(/^host_/),
      name: "pc-01",
      state: "online",
      place: null,
      labels: {},
      agentVersion: expect.any(String),
      lastSeenAt: expect.any(Number),
    });
    expect(await cli(["hosts", "state:quarantined", "--json"])).toMatchObject({ status: 0, out: "[]\n" });
  });

  test("are renamed, labelled, placed, shown and put into groups", async () => {
    expect((await words("host rename pc-05 pc-five")).status).toBe(0);
    expect((await words("host label pc-five role=web frozen")).err).toContain("role=web");
    expect((await words("host label pc-five frozen-")).err).not.toContain("frozen");
    expect((await words("host place pc-five centro/aula-1")).status).toBe(0);
    expect((await words("host pc-five")).out).toMatch(
      /^pc-five {2}online\n[^]*place +centro\/aula-1\nlabels +role=web\n/,
    );
    expect((await words("host show pc-five --history")).out).toContain("renamed");
    expect((await words("group set web label:role=web")).status).toBe(0);
    expect((await words("group ls")).out).toMatch(/^@web +label:role=web/m);
    expect((await words("run @web -- greet")).out).toBe("pc-five: hello\n");
    expect((await words("group rm @web")).status).toBe(0);
    expect((await words("run @web -- greet")).status).toBe(2);
    expect((await words("host rename pc-five pc-05")).status).toBe(0);
    expect((await words("host forget pc-05")).status).toBe(1);
  });

  test("come in with a token, and are sent away", async () => {
    const made = await words("token create --uses 2 --note lab");
    expect(made.out).toMatch(/^.*ATALAYA_JOIN_TOKEN=atj_\S+.*\n$/);
    expect(made.err).toContain("loopback");
    const listed = (await words("token ls")).out;
    const id = /^(jt_\S+) +usable +0\/2.*lab$/m.exec(listed)![1]!;
    expect((await words(`token revoke ${id}`)).status).toBe(0);
    expect((await words("host pending")).err).toBe("Nobody waits.\n");
    expect((await words("host accept nobody")).status).toBe(2);
    expect((await words("host revoke pc-12")).err).toMatch(/enr_\S+ \(pc-12\): revoked/);
    await until(async () => (await hostsOnline()) === SIMULATED, "pc-12 away");
  });

  test("of the originals are activated by a serial key", async () => {
    const lost = await words("activation add lab-7");
    expect([lost.status, lost.err]).toEqual([2, expect.stringContaining("ATALAYA_BOLT_LISTEN")]);
    const made = await words("activation add lab-7 --id box-7 --uses 1 --uplink tower.example:443 --ports 5000,8000");
    expect(made.out).toMatch(/^https:\/\/[\w-]{43}@127\.0\.0\.1:\d+\/\n$/);
    const token = made.out.slice(8, 51);
    expect((await words("activation ls")).out).toMatch(/^box-7 +lab-7 +active +0\/1/m);
    const shown = await words("activation show lab-7");
    expect(shown.out).toMatch(/allowedPorts 5000,8000/);
    expect(shown.out).not.toContain(token);
    expect((await words("activation rm lab-7")).status).toBe(0);
    expect((await words("activation show box-7")).status).toBe(2);
  });

  test("wait for a person, who sees which host a machine would join, and must mean it", async () => {
    const wait = async (hostname: string, system: string, fingerprint = fingerprintOf(3)) => {
      const { csr } = await newKeyAndCsr();
      const request = { csr, fingerprint, system: { kind: "os", name: system }, hostname, agentVersion: "1" } as const;
      await postEnrolment(server, request);
    };
    await wait("claims", "sim-3");
    await wait("second", "another-disk");
    await wait("like", "sim-3", { ...fingerprintOf(3), serial: "replaced" });
    const { out } = await words("host pending");
    expect(out).toMatch(/ claims .*pc-03, in place of its agent/);
    expect(out).toMatch(/ second .*another system of pc-03/);
    expect(out).toMatch(/ like .*a new host, perhaps pc-03/);
    const unmeant = await words("host accept second");
    expect(unmeant).toMatchObject({ status: 2, err: expect.stringContaining("--joins pc-03") });
    expect(await words("host accept second --joins pc-04")).toMatchObject({ status: 2 });
    expect(await words("host accept like --joins pc-03")).toMatchObject({ status: 2 });
    expect(await words("host accept second --joins pc-03")).toMatchObject({ status: 0 });
    expect((await words("host reject claims")).status).toBe(0);
    expect((await words("host accept like")).status).toBe(0);
    const sheet = (await words("host like")).out;
    expect(sheet).toContain("atalaya host dismiss like pc-03");
    expect(await words("host dismiss like pc-03")).toMatchObject({ status: 0 });
    expect((await words("host like")).out).not.toContain("It may be");
    expect((await words("host dismiss pc-03 like")).status).toBe(1);
  });
});

describe("completion", () => {
  test("for bash knows commands, options, hosts, groups and jobs", async () => {
    await server.call("PATCH", "/api/v1/hosts/pc-09", { place: "centro/aula-1" });
    const script = join(folder, "completion.bash");
    writeFileSync(script, (await words("completion bash")).out);
    const complete = async (...line: readonly string[]): Promise<readonly string[]> => {
      const call = `source ${script}; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _atalaya; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await promisify(execFile)("bash", ["-c", call, "-", ...line], {
        env: { ...process.env, ATALAYA_DATA: server.data },
      });
      return stdout.trim().split("\n");
    };
    expect(await complete("atalaya", "ho")).toEqual(["hosts", "host"]);
    expect(await complete("atalaya", "run", "pc-1")).toEqual(["pc-10", "pc-11", "pc-12"]);
    expect(await complete("atalaya", "run", "lab", ":", "au")).toEqual(["aula-1"]);
    expect(await complete("atalaya", "job", "output", "la")).toEqual(["last"]);
    expect(await complete("atalaya", "run", "all", "--fo")).toEqual(["--fold"]);
  });

  test("is there for zsh and fish, and for nothing else", async () => {
    expect((await words("completion zsh")).out).toMatch(/^#compdef atalaya\n/);
    expect((await words("completion fish")).out).toContain("complete -c atalaya");
    expect((await words("completion tcsh")).status).toBe(2);
  });
});

const isOtherAgentHere = existsSync("/var/lib/atalaya-agent");
test.skipIf(isOtherAgentHere)(
  "of the agents here the one that the server runs is meant, being the only one",
  async () => {
    const data = join(folder, "third");
    const running = begin(["server", "--listen", "127.0.0.1:0", "--data", data]);
    await running.prints(/is ready at https:/);
    const status = async () =>
      JSON.parse((await cli(["agent", "status", "--json"], { env: { ATALAYA_DATA: data } })).out) as unknown;
    await expect
      .poll(status, { timeout: 10_000 })
      .toMatchObject({ running: true, joined: true, data: join(data, "agent/data") });
    running.child.kill("SIGTERM");
    expect((await running.ended).status).toBe(0);
  },
);

test("the server and the agent are reached by it, too", async () => {
  const data = join(folder, "second");
  const running = begin(["server", "--listen", "127.0.0.1:0", "--data", data, "--no-local-agent"]);
  await running.prints(/is ready at https:/);
  expect(existsSync(join(data, "agent"))).toBe(false);
  running.child.kill("SIGTERM");
  const { status, out } = await running.ended;
  expect(status).toBe(0);
  expect(out).toContain("Stopped.");
  expect((await words(`agent status --data ${join(folder, "none")} --json`)).out).toContain('"running":false');
  expect((await words("join --help")).out).toContain("ATALAYA_JOIN_TOKEN");
});
