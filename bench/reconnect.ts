/**
 * How fast links are set up, full and resumed, beside the bare `ws` server with the same crowd in the same run, turn
 * about. A bare link is set up when both ends have done what a link's protocol makes any server do: mutual TLS 1.3, the
 * upgrade, a look at the certificate, a frame of the hello's size and the answer of the welcome's. Nothing is looked up,
 * judged or committed there. (Before, a bare link was thought set up at the answer to its upgrade; ours was made to wait
 * for two more frames: docs/decisions/0042-what-bare-means.md.) And how long a whole fleet takes to come back by itself after `kill -9`, with good tickets and with void ones.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { serverProcess, type ServerProcess } from "@atalaya/testkit";
import type { BareOrder } from "./bare-server.child.ts";
import { benchChild } from "./child.ts";
import type { Order, Said } from "./crowd.child.ts";
import { cpuMsOf, median } from "./measure.ts";
import type { Target } from "./question.ts";

export const question =
  "How fast are links set up beside bare ws, and how long does a fleet take to come back after kill -9?";
export const options = {
  agents: "how many come back (10000)",
  links: "how many are set up in a round beside the bare server (500)",
  rounds: "how many rounds beside it (24)",
};
export const targets: Readonly<Record<string, Target>> = {
  "setUp.full.ratio": { atLeast: 0.8 },
  "setUp.resumed.ratio": { atLeast: 0.8 },
};

export interface ReconnectOptions {
  readonly agents?: number;
  readonly links?: number;
  readonly rounds?: number;
}

interface Round {
  readonly perSecond: number;
  readonly cpuMsPerLink: number;
  /** Of the other end: the same for both, or the comparison says nothing of the servers. */
  readonly crowdCpuMsPerLink: number;
}

type Crowd = ReturnType<typeof benchChild<Order>>;

const NO_LIMITS = {
  ATALAYA_LINK_HANDSHAKES_PER_SECOND: "100000",
  ATALAYA_LINK_HANDSHAKES_UNDER_WAY: "10000",
  ATALAYA_VISITORS_PER_ADDRESS: "100000",
};
/** As the real agent's. */
const BACKOFF = { baseMs: 500, capMs: 60_000 };
/** As many handshakes as a server has under way by its own settings: with half of it both ends wait for commits now and then. */
const AT_ONCE = 128;

export async function run({ agents = 10_000, links = 500, rounds = 24 }: ReconnectOptions = {}): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-reconnect-"));
  const unlimited = await serverProcess({ data: folder, env: NO_LIMITS });
  const { host, port, ca } = unlimited;
  using crowd = benchChild<Order>("./crowd.child.ts");
  try {
    const { body: made } = await unlimited.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
      uses: agents,
      expiresInMs: 3_600_000,
    });
    console.error(`enrolling ${agents} agents …`);
    await crowd.order({ do: "enrol", host, port, ca, token: made.token, from: 1, count: agents });
    const setUp = await besideBare(crowd, unlimited, Math.min(links, agents), rounds);

    console.error("linking all of them …");
    await crowd.order({ do: "connect", host, port, side: "ours", atOnce: AT_ONCE });
    await crowd.order({ do: "come-back", side: "ours", ...BACKOFF });
    await unlimited.end("SIGKILL");
    // From here on with the limits that everybody has.
    await using limited = await serverProcess({ data: folder, host, port });
    const good = await back(crowd, limited, agents);
    await limited.end("SIGKILL");
    rmSync(join(folder, "pki", "tls-ticket.key"));
    await limited.start();
    const full = await back(crowd, limited, agents);
    return { agents, links, rounds, setUp, storm: { goodTickets: good, voidTickets: full } };
  } finally {
    await unlimited.end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function besideBare(crowd: Crowd, server: ServerProcess, links: number, rounds: number): Promise<object> {
  using bareServer = benchChild<BareOrder>("./bare-server.child.ts");
  // One file holds the server's key and certificate, and node:tls finds each in it.
  const pem = readFileSync(join(server.data, "pki", "server.pem"), "utf8");
  // The first time warms both ends and brings the tickets; and what is said to an agent the bare server says as well.
  const { host, port } = server;
  await crowd.order({ do: "connect", host, port, side: "ours", atOnce: AT_ONCE, count: links });
  const { said } = await crowd.order<{ readonly said: Pick<Said, "welcome"> }>({ do: "collect" });
  const barePort = await bareServer.order<number>({
    do: "listen",
    key: pem,
    cert: pem,
    ca: server.ca,
    welcome: said.welcome,
  });
  const sides = {
    ours: {
      side: "ours",
      port: server.port,
      pid: server.process.pid,
      gone: async () => (await openLinks(server)) === 0,
    },
    bare: {
      side: "bare",
      port: barePort,
      pid: bareServer.pid,
      gone: async () => (await bareServer.order<{ readonly sockets: number }>({ do: "usage" })).sockets === 0,
    },
  } as const;

  async function round(side: (typeof sides)["ours" | "bare"], resume: boolean): Promise<Round> {
    const cpu = cpuMsOf(side.pid);
    const crowdCpu = cpuMsOf(crowd.pid);
    const ms = await crowd.order<number>({
      do: "connect",
      host,
      port: side.port,
      side: side.side,
      atOnce: AT_ONCE,
      count: links,
      resume,
    });
    const cpuMsPerLink = (cpuMsOf(side.pid) - cpu) / links;
    const crowdCpuMsPerLink = (cpuMsOf(crowd.pid) - crowdCpu) / links;
    const resumed = await crowd.order<number>({ do: "resumed", side: side.side });
    if (resumed !== (resume ? links : 0)) throw new Error(`${resumed} of ${links} handshakes were resumed`);
    await leave(side);
    return { perSecond: (links * 1000) / ms, cpuMsPerLink, crowdCpuMsPerLink };
  }

  async function leave(side: (typeof sides)["ours" | "bare"]): Promise<void> {
    await crowd.order({ do: "cut" });
    while (!(await side.gone())) await sleep(50);
    // What the ends of so many links leave to do is no part of the next round.
    await sleep(300);
  }

  await leave(sides.ours);
  const found: Record<string, object> = {};
  for (const [name, resume] of [
    ["full", false],
    ["resumed", true],
  ] as const) {
    // The first of either kind warms both servers.
    await round(sides.bare, resume);
    await round(sides.ours, resume);
    const ours: Round[] = [];
    const bare: Round[] = [];
    for (let n = 0; n < rounds; n += 1) {
      bare.push(await round(sides.bare, resume));
      ours.push(await round(sides.ours, resume));
      console.error(
        `${name}: ${Math.round(ours.at(-1)!.perSecond)} links a second, bare ${Math.round(bare.at(-1)!.perSecond)}`,
      );
    }
    // Short rounds, and neighbours in time compared: whatever else the machine does changes slowly.
    const ratio = median(ours.map(({ perSecond }, n) => perSecond / bare[n]!.perSecond));
    found[name] = { ours: middle(ours), bare: middle(bare), ratio };
  }
  return found;
}

/** Watches all of them come back. */
async function back(crowd: Crowd, server: ServerProcess, agents: number): Promise<object> {
  const began = performance.now();
  const cpu = cpuMsOf(server.process.pid);
  let halfMs: number | undefined;
  for (;;) {
    const linked = await crowd.order<number>({ do: "linked", side: "ours" });
    if (linked * 2 >= agents) halfMs ??= Math.round(performance.now() - began);
    if (linked === agents) break;
    if (performance.now() - began > 600_000) throw new Error(`only ${linked} of ${agents} came back`);
    await sleep(100);
  }
  const allMs = Math.round(performance.now() - began);
  const cpuMs = cpuMsOf(server.process.pid) - cpu;
  const metrics = await metricsOf(server);
  const count = (name: string, label: string): number =>
    Number(new RegExp(`${name}\\{[^}]*"${label}"\\} (\\d+)`).exec(metrics)?.[1] ?? 0);
  const told = {
    halfMs,
    allMs,
    cpuMs,
    cpuShare: cpuMs / allMs,
    full: count("link_handshakes_total", "full"),
    resumed: count("link_handshakes_total", "resumed"),
    refusedByRate: count("connections_refused_total", "rate"),
    refusedUnderWay: count("connections_refused_total", "under-way"),
  };
  console.error(`back: ${JSON.stringify(told)}`);
  return told;
}

async function metricsOf(server: ServerProcess): Promise<string> {
  return (await server.call<Buffer>("GET", "/metrics")).body.toString("utf8");
}

async function openLinks(server: ServerProcess): Promise<number> {
  return Number(/^\w*links (\d+)/m.exec(await metricsOf(server))?.[1] ?? Number.NaN);
}

function middle(rounds: readonly Round[]): Round {
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpuMsPerLink: median(rounds.map(({ cpuMsPerLink }) => cpuMsPerLink)),
    crowdCpuMsPerLink: median(rounds.map(({ crowdCpuMsPerLink }) => crowdCpuMsPerLink)),
  };
}
