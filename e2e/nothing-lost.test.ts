/**
 * Nothing lost, nothing twice. Real processes: a server and agents on hosts of their own, hundreds of commands under
 * way, and every few seconds something is killed or cut. At the end the books must balance.
 *
 * `ATALAYA_TEST_ROUNDS` (20) and `ATALAYA_TEST_SEED` (random, printed) make it longer or repeat it.
 */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  canMakeNetworks,
  doorway,
  joinAgent,
  serverProcess,
  startAgent,
  testNetwork,
  type NetworkHost,
  type OwnedProcess,
  type ServerProcess,
} from "@atalaya/testkit";
import { seededRandom, type Random } from "./seeded-random.ts";

const ROUNDS = Number(process.env["ATALAYA_TEST_ROUNDS"] ?? 20);
const SEED = Number(process.env["ATALAYA_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const HOSTS = 5;
const JOBS_A_ROUND = 12;

interface Machine {
  readonly host: NetworkHost;
  readonly data: string;
  agent: OwnedProcess;
}

interface Wanted {
  readonly job: string;
  readonly marker: string;
  readonly lines: number;
  readonly exitCode: number;
}

interface Run {
  readonly id: string;
  readonly host: { readonly name: string };
  readonly state: string;
  readonly reason?: { readonly code: string; readonly message: string };
  readonly result?: { readonly exitCode?: number };
}

interface Job {
  readonly id: string;
  readonly state: string;
  readonly targets: number;
  readonly states: Readonly<Record<string, number>>;
}

test.runIf(canMakeNetworks)(
  `every run ends once, with all its output, whatever is killed (${ROUNDS} rounds, ATALAYA_TEST_SEED=${SEED})`,
  { timeout: 240_000 + ROUNDS * 20_000 },
  async () => {
    console.log(`ATALAYA_TEST_SEED=${SEED}`);
    const random = seededRandom(SEED);
    const folder = mkdtempSync(join(tmpdir(), "atalaya-chaos-"));
    chmodSync(folder, 0o755);
    const proof = join(folder, "proof");
    writeFileSync(proof, "");
    using network = testNetwork(HOSTS);
    const socketPath = join(folder, "door");
    await using _door = await doorway(network.server, { host: "10.78.0.1", port: 8443 }, socketPath);
    await using server = await serverProcess({
      data: join(folder, "server"),
      host: "10.78.0.1",
      port: 8443,
      socketPath,
      spawn: (options) => network.server.spawn(options),
      env: { ATALAYA_HEARTBEAT_SECONDS: "2" },
    });
    const machines: Machine[] = [];
    try {
      for (const host of network.hosts) machines.push(await enrol(server, host, join(folder, host.name)));
      await until(async () => (await hostsOnline(server)) === HOSTS, 30_000, "all agents online");

      const wanted: Wanted[] = [];
      const faults: Record<string, number> = {};
      for (let round = 1; round <= ROUNDS; round += 1) {
        for (let n = 1; n <= JOBS_A_ROUND; n += 1) wanted.push(await ask(server, random, proof, `r${round}j${n}`));
        // Often while all of it is only just beginning: what was asked, sent and accepted is not lost either.
        await sleep(random.next() < 0.4 ? random.between(0, 150) : random.between(200, 2_000));
        const fault = random.pick(["server", "agent", "agents", "cable", "both"] as const);
        faults[fault] = (faults[fault] ?? 0) + 1;
        await disturb(fault, { random, server, machines });
      }
      await until(async () => (await hostsOnline(server)) === HOSTS, 60_000, "all agents back");
      await settleAll(server, wanted);

      const executed = new Map<string, number>();
      for (const line of readFileSync(proof, "utf8").split("\n").filter(Boolean))
        executed.set(line, (executed.get(line) ?? 0) + 1);
      let bytes = 0;
      for (const one of wanted) bytes += await balance(server, one, executed);
      console.log(
        `${wanted.length * HOSTS} runs, ${executed.size} executed, ${bytes} bytes of output, faults: ${JSON.stringify(faults)}`,
      );
      expect(executed.size).toBe(wanted.length * HOSTS);
    } finally {
      for (const { agent } of machines) await agent[Symbol.asyncDispose]();
    }
    rmSync(folder, { recursive: true, force: true });
  },
);

async function enrol(server: ServerProcess, host: NetworkHost, data: string): Promise<Machine> {
  const made = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
    uses: 1,
    expiresInMs: 600_000,
  });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  const spawn = (options: Parameters<NetworkHost["spawn"]>[0]): OwnedProcess => host.spawn(options);
  await joinAgent({ data, servers: "10.78.0.1:8443", token: made.body.token, spawn });
  return { host, data, agent: startAgent({ data, servers: "10.78.0.1:8443", spawn }) };
}

/** A command whose lines, exit status and number of executions are known beforehand. */
async function ask(server: ServerProcess, random: Random, proof: string, name: string): Promise<Wanted> {
  const lines = random.between(5, 120);
  const exitCode = random.next() < 0.6 ? 0 : random.between(1, 120);
  const pause = (random.between(5, 60) / 1000).toFixed(3);
  const script = [
    `echo "${name} $(hostname)" >> ${proof}`,
    `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "${name} out $i"; echo "${name} err $i" >&2; sleep ${pause}; done`,
    `exit ${exitCode}`,
  ].join("\n");
  const body = { selector: "all", capability: "exec", request: { command: { kind: "shell", script } }, confirm: HOSTS };
  // The server may be restarting: the key makes asking again safe, which is part of what is tested.
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await server.call<Job>("POST", "/api/v1/jobs", body, { "idempotency-key": `${SEED}-${name}` });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      expect(answer.body.targets).toBe(HOSTS);
      return { job: answer.body.id, marker: name, lines, exitCode };
    } catch (cause) {
      if (attempt === 20 || (cause as NodeJS.ErrnoException).code === undefined) throw cause;
      await sleep(250);
    }
  }
}

async function disturb(
  fault: "server" | "agent" | "agents" | "cable" | "both",
  {
    random,
    server,
    machines,
  }: { readonly random: Random; readonly server: ServerProcess; readonly machines: readonly Machine[] },
): Promise<void> {
  const one = random.pick(machines);
  switch (fault) {
    case "server":
      await server.end("SIGKILL");
      await sleep(random.between(0, 1_500));
      return server.start();
    case "agent":
      return restart(one, random);
    case "agents":
      await Promise.all(machines.map((machine) => restart(machine, random)));
      return;
    case "cable":
      one.host.cable("down");
      await sleep(random.between(100, 7_000));
      return one.host.cable("up");
    case "both":
      await Promise.all([server.end("SIGKILL"), one.agent.end("SIGKILL")]);
      await Promise.all([server.start(), restart(one, random)]);
  }
}

async function restart(machine: Machine, random: Random): Promise<void> {
  await machine.agent.end("SIGKILL");
  await sleep(random.between(0, 1_500));
  machine.agent = startAgent({
    data: machine.data,
    servers: "10.78.0.1:8443",
    spawn: (options) => machine.host.spawn(options),
  });
}

async function settleAll(server: ServerProcess, wanted: readonly Wanted[]): Promise<void> {
  const open = new Set(wanted.map(({ job }) => job));
  await until(
    async () => {
      for (const id of open) {
        const { body } = await server.call<Job>("GET", `/api/v1/jobs/${id}`);
        expect(sum(body.states), `states of ${id}`).toBe(body.targets);
        if (body.state === "finished") open.delete(id);
        else return false;
      }
      return true;
    },
    120_000,
    () => `all jobs final; ${open.size} are not`,
  );
}

/** Returns the bytes of output that were compared. */
async function balance(server: ServerProcess, wanted: Wanted, executed: ReadonlyMap<string, number>): Promise<number> {
  const { body } = await server.call<{ readonly items: readonly Run[] }>(
    "GET",
    `/api/v1/jobs/${wanted.job}/runs?limit=100`,
  );
  expect(body.items).toHaveLength(HOSTS);
  let compared = 0;
  for (const run of body.items) {
    const what = `${wanted.marker} on ${run.host.name} (${run.id})`;
    expect(executed.get(`${wanted.marker} ${run.host.name}`), `executions of ${what}`).toBe(1);
    expect(run.state, `${what}: ${JSON.stringify(run)}`).toBe(wanted.exitCode === 0 ? "succeeded" : "failed");
    expect(run.result?.exitCode, `exit code of ${what}`).toBe(wanted.exitCode);
    for (const [stream, word] of [
      ["stdout", "out"],
      ["stderr", "err"],
    ] as const) {
      const output = await server.call<Buffer>("GET", `/api/v1/runs/${run.id}/output?stream=${stream}`);
      const expected = Array.from(
        { length: wanted.lines },
        (_, index) => `${wanted.marker} ${word} ${index + 1}\n`,
      ).join("");
      expect(output.body.toString("utf8"), `${stream} of ${what}`).toBe(expected);
      compared += output.body.length;
    }
  }
  return compared;
}

async function hostsOnline(server: ServerProcess): Promise<number> {
  const { body } = await server.call<{ readonly items: readonly unknown[] }>(
    "GET",
    "/api/v1/hosts?selector=state:online",
  );
  return body.items.length;
}

function sum(states: Readonly<Record<string, number>>): number {
  return Object.values(states).reduce((total, count) => total + count, 0);
}

async function until(holds: () => Promise<boolean>, withinMs: number, what: string | (() => string)): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${typeof what === "string" ? what : what()}`);
    await sleep(200);
  }
}
