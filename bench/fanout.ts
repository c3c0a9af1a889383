/**
 * A trivial job on N connected agents, all results committed, beside the bare `ws` round trip of the same frames with as
 * many agents of the same kind, in the same run and turn about.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverProcess } from "@atalaya/testkit";
import { benchChild } from "./child.ts";
import type { Order, Said, Sizes } from "./crowd.child.ts";
import type { BareOrder } from "./bare-server.child.ts";
import { median, percentile, rssOf, cpuMsOf } from "./measure.ts";

export const question =
  "How long does a trivial job on N agents take until every result is committed, against the bare ws round trip?";

export const options = {
  agents: "how many agents, and how many bare connections (10000)",
  rounds: "rounds of each, turn about; the figures are medians (5)",
};
export const targets = {
  "ratio.p99": { atMost: 1.5 },
  "ratio.wall": { atMost: 1.5 },
  "rssPerLinkKb.ours": { atMost: 80 },
};

export interface FanoutOptions {
  readonly agents?: number;
  readonly rounds?: number;
}

const WARM_ROUNDS = 2;
const IDENTITIES = 100;
const RUN_ID = /run_[\w-]{22}/g;
/** Of either server, before its memory is looked at first. */
const FIRST_LINKS = 100;

interface Cpus {
  readonly cpuMs: number;
  /** Of the other end: the same for both, or the comparison says nothing of the servers. */
  readonly crowdCpuMs: number;
}

interface Round extends Cpus {
  readonly wallMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function run({ agents = 10_000, rounds = 5 }: FanoutOptions = {}): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-fanout-"));
  await using server = await serverProcess({
    data: folder,
    env: {
      ATALAYA_CONFIRM_ABOVE: "10000000",
      ATALAYA_LINK_HANDSHAKES_PER_SECOND: "100000",
      ATALAYA_LINK_HANDSHAKES_UNDER_WAY: "10000",
      ATALAYA_VISITORS_PER_ADDRESS: "100000",
    },
  });
  using sims = benchChild<Order>("./crowd.child.ts");
  using bareAgents = benchChild<Order>("./crowd.child.ts");
  using bareServer = benchChild<BareOrder>("./bare-server.child.ts");
  try {
    const empty = rssOf(server.process.pid);
    const { host, port, ca } = server;
    const { body: made } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
      uses: agents + IDENTITIES,
      expiresInMs: 3_600_000,
    });
    console.error(`enrolling ${agents} agents …`);
    await sims.order({ do: "enrol", host, port, ca, token: made.token, from: 1, count: agents });
    const enrolled = rssOf(server.process.pid);
    // What enrolling left behind in the process would hold a part of the links, and the first links start threads and
    // fill caches that all others share: docs/decisions/0042-what-bare-means.md.
    await server.end("SIGTERM");
    await server.start();
    await sims.order({ do: "connect", host, port, atOnce: 64, side: "ours", count: FIRST_LINKS });
    const idle = rssOf(server.process.pid);
    await sims.order({ do: "connect", host, port, atOnce: 64, side: "ours" });
    console.error("all linked");
    const linked = rssOf(server.process.pid);

    await online();

    // First jobs warm both ends and tell what the bare server has to say.
    for (let warm = 0; warm < WARM_ROUNDS; warm += 1) await jobRound(agents);
    const { sizes, said } = await sims.order<{ readonly sizes: Sizes; readonly said: Said }>({ do: "collect" });

    // One file holds the server's key and certificate, and node:tls finds each in it.
    const pem = readFileSync(join(folder, "pki", "server.pem"), "utf8");
    const barePort = await bareServer.order<number>({
      do: "listen",
      key: pem,
      cert: pem,
      ca,
      welcome: said.welcome,
    });
    // The agents of the bare server need certificates of the same CA; it does not ask whose they are.
    await bareAgents.order({ do: "enrol", host, port, ca, token: made.token, from: agents + 1, count: IDENTITIES });
    const toBare = {
      do: "connect",
      host: "127.0.0.1",
      port: barePort,
      atOnce: 64,
      side: "bare",
      size: agents,
    } as const;
    await bareAgents.order({ ...toBare, count: FIRST_LINKS });
    const bareIdle = rssOf(bareServer.pid);
    await bareAgents.order(toBare);
    const bareLinked = rssOf(bareServer.pid);
    for (let warm = 0; warm < WARM_ROUNDS; warm += 1) await bareRound(said);

    const ours: Round[] = [];
    const bare: Round[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await bareRound(said));
      ours.push(await jobRound(agents));
    }
    const done = rssOf(server.process.pid);
    const told = { ours: summary(ours), bare: summary(bare) };
    return {
      agents,
      rounds,
      frames: sizes,
      ...told,
      ratio: {
        p50: told.ours.p50Ms / told.bare.p50Ms,
        p99: told.ours.p99Ms / told.bare.p99Ms,
        wall: told.ours.wallMs / told.bare.wallMs,
        cpu: told.ours.cpuMs / told.bare.cpuMs,
      },
      rssPerLinkKb: { ours: perLinkKb(idle, linked), bare: perLinkKb(bareIdle, bareLinked) },
      rssMb: { empty: mb(empty), enrolled: mb(enrolled), started: mb(idle), linked: mb(linked), done: mb(done) },
    };
  } finally {
    await server.end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }

  function perLinkKb(before: number, after: number): number {
    return (after - before) / (agents - FIRST_LINKS) / 1024;
  }

  /** A link is up before the fleet has committed it; only then do selectors see it. */
  async function online(): Promise<void> {
    const deadline = Date.now() + 120_000;
    for (;;) {
      const { body } = await server.call<{ readonly count: number }>("POST", "/api/v1/selectors/preview", {
        selector: "all and state:online",
        limit: 1,
      });
      if (body.count === agents) return;
      if (Date.now() > deadline) throw new Error(`only ${body.count} of ${agents} are online`);
      await pause();
    }
  }

  async function jobRound(count: number): Promise<Round> {
    await pause();
    await sims.order({ do: "arm" });
    const cpu = cpusOf(server.process, sims);
    const began = performance.timeOrigin + performance.now();
    const { status, body } = await server.call<{ readonly id: string; readonly targets: number }>(
      "POST",
      "/api/v1/jobs",
      {
        selector: "all and state:online",
        capability: "exec",
        request: { command: { kind: "program", program: "true", args: [] } },
      },
    );
    if (status !== 201 || body.targets !== count)
      throw new Error(`the job was not made: ${status} ${JSON.stringify(body).slice(0, 500)}`);
    const settledAt = await collected(sims, count);
    const used = since(cpu, cpusOf(server.process, sims));
    const { body: job } = await server.call<{ readonly states: Readonly<Record<string, number>> }>(
      "GET",
      `/api/v1/jobs/${body.id}`,
    );
    if (job.states["succeeded"] !== count) throw new Error(`not all succeeded: ${JSON.stringify(job.states)}`);
    return roundOf(settledAt, began, used);
  }

  async function bareRound({ start, settled }: Said): Promise<Round> {
    await pause();
    await bareAgents.order({ do: "arm" });
    const cpu = cpusOf(bareServer, bareAgents);
    // A run of its own each time: an agent starts none twice.
    const run = `run_${randomBytes(16).toString("base64url")}`;
    const of = { start: start.replaceAll(RUN_ID, run), settled: settled.replaceAll(RUN_ID, run) };
    const { began } = await bareServer.order<{ readonly began: number }>({ do: "round", ...of });
    const settledAt = await collected(bareAgents, agents);
    return roundOf(settledAt, began, since(cpu, cpusOf(bareServer, bareAgents)));
  }
}

async function collected(child: ReturnType<typeof benchChild<Order>>, count: number): Promise<readonly number[]> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    // Asked rarely, so that asking costs the crowd nothing.
    await pause();
    const { settledAt } = await child.order<{ readonly settledAt: readonly number[] }>({ do: "collect" });
    if (settledAt.length >= count) return settledAt;
    if (Date.now() > deadline) throw new Error(`only ${settledAt.length} of ${count} were settled`);
  }
}

/** The last round's last work is done then. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 250));
}

function mb(bytes: number): number {
  return bytes / 1024 ** 2;
}

function cpusOf(server: { readonly pid: number }, crowd: { readonly pid: number }): Cpus {
  return { cpuMs: cpuMsOf(server.pid), crowdCpuMs: cpuMsOf(crowd.pid) };
}

function since(before: Cpus, after: Cpus): Cpus {
  return { cpuMs: after.cpuMs - before.cpuMs, crowdCpuMs: after.crowdCpuMs - before.crowdCpuMs };
}

function roundOf(settledAt: readonly number[], began: number, cpus: Cpus): Round {
  const latencies = settledAt.map((at) => at - began).sort((a, b) => a - b);
  return {
    wallMs: latencies.at(-1) ?? 0,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    ...cpus,
  };
}

function summary(rounds: readonly Round[]): Round {
  return {
    wallMs: median(rounds.map((round) => round.wallMs)),
    p50Ms: median(rounds.map((round) => round.p50Ms)),
    p99Ms: median(rounds.map((round) => round.p99Ms)),
    cpuMs: median(rounds.map((round) => round.cpuMs)),
    crowdCpuMs: median(rounds.map((round) => round.crowdCpuMs)),
  };
}
