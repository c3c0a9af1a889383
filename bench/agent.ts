/**
 * What the agent costs the machine it runs on, as it is shipped: one file, started as the install script starts it. Beside it a bare `ws` client, one file too,
 * on the same Node, over the same TLS, in the same run and turn about. The agent's time to be connected holds its hello,
 * the server's look into the store and the welcome; the bare client's ends with the upgrade.
 */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { enrolSim, joinAgent, ownProcess, serverProcess, type OwnedProcess } from "@atalaya/testkit";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { build } from "esbuild";
import { buildAgent } from "../packages/agent/build.ts";
import { agentStart } from "../packages/server/src/domain/distribution/index.ts";
import type { BareOrder } from "./bare-server.child.ts";
import { benchChild } from "./child.ts";
import { percentile, rssOf } from "./measure.ts";

export const question =
  "What does the agent cost its machine: bytes, time to be connected, memory and CPU when idle, against a bare ws client?";

export const options = {
  starts: "how often each is started (30)",
  idle: "seconds that CPU is watched when idle (40)",
};

export const targets = {
  "agent.connectedP50Ms": { atMost: 300 },
  // Design 10: the bare client and 10 MB.
  rssOverBareMb: { atMost: 10 },
  "agent.idleCpuPercent": { atMost: 0.1 },
};

/** What starting allocated is given back by then. */
const REST_MS = 20_000;

export interface AgentOptions {
  readonly starts?: number;
  readonly idle?: number;
}

type Start = () => OwnedProcess;

export async function run({ starts = 30, idle = 40 }: AgentOptions = {}): Promise<object> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-bench-agent-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const server = undo.use(await serverProcess({ data: join(folder, "server"), env: { ATALAYA_LOG_LEVEL: "error" } }));
  const { body } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
    uses: 2,
    expiresInMs: 600_000,
  });
  const bundle = join(folder, "agent.mjs");
  await buildAgent(bundle);
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  const agent: Start = () =>
    ownProcess({
      program: process.execPath,
      args: [...agentStart.nodeFlags, bundle, "run", "--data", data],
      env: { ...agentStart.environment, ATALAYA_AGENT_SERVERS: servers },
    });

  using bareServer = benchChild<BareOrder>("./bare-server.child.ts");
  const bare = await bareClient(bareServer);

  const times = { agent: [] as number[], bare: [] as number[] };
  for (let n = 0; n < starts; n += 1) {
    times.bare.push(await connected(bare));
    times.agent.push(await connected(agent));
  }
  const idling = await idleTogether({ agent, bare }, idle);
  return {
    bundleKb: (await stat(bundle)).size / 1e3,
    starts,
    agent: { ...told(times.agent), ...idling.agent },
    bare: { ...told(times.bare), ...idling.bare },
    connectedOfBare: told(times.agent).connectedP50Ms / told(times.bare).connectedP50Ms,
    rssOverBareMb: idling.agent.rssMb - idling.bare.rssMb,
  };

  async function bareClient(child: ReturnType<typeof benchChild<BareOrder>>): Promise<Start> {
    // Key and certificate in one: TLS takes of it what it needs.
    const pem = await readFile(join(server.data, "pki", "server.pem"), "utf8");
    const port = await child.order<number>({ do: "listen", key: pem, cert: pem, ca: server.ca, welcome: "" });
    const identity = await enrolSim(server, { token: body.token, n: 1 });
    const own = join(folder, "bare");
    await mkdir(own);
    await writeFile(join(own, "key.pem"), identity.keyPem);
    await writeFile(join(own, "certificate.pem"), identity.certificate);
    await writeFile(join(own, "ca.pem"), identity.ca);
    const program = join(folder, "bare.mjs");
    await build({
      entryPoints: [join(import.meta.dirname, "bare-client.child.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      minify: true,
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
      external: ["bufferutil", "utf-8-validate"],
      define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    });
    return () =>
      ownProcess({ program: process.execPath, args: [program, `wss://127.0.0.1:${port}/`, own, LINK_PROTOCOL] });
  }
}

async function connected(start: Start): Promise<number> {
  const began = performance.now();
  await using child = start();
  await child.prints(/link\.up/);
  const ms = performance.now() - began;
  await child.end("SIGTERM");
  return ms;
}

interface Idle {
  readonly rssMb: number;
  readonly idleCpuPercent: number;
}

/** Both at once, so that what else the machine does touches both. */
async function idleTogether(
  both: Readonly<Record<"agent" | "bare", Start>>,
  seconds: number,
): Promise<Readonly<Record<"agent" | "bare", Idle>>> {
  await using agent = both.agent();
  await using bare = both.bare();
  await Promise.all([agent.prints(/link\.up/), bare.prints(/link\.up/)]);
  await pause(REST_MS);
  const watch = ({ pid }: OwnedProcess) => ({ pid, rss: rssOf(pid), cpu: cpuNsOf(pid), at: performance.now() });
  const before = { agent: watch(agent), bare: watch(bare) };
  await pause(seconds * 1000);
  const idleOf = ({ pid, rss, cpu, at }: ReturnType<typeof watch>): Idle => ({
    rssMb: rss / 1e6,
    idleCpuPercent: ((cpuNsOf(pid) - cpu) / 1e6 / (performance.now() - at)) * 100,
  });
  return { agent: idleOf(before.agent), bare: idleOf(before.bare) };
}

/** All threads' time on a processor, in nanoseconds (schedstat): the ticks of proc(5) are as coarse as what is measured. */
function cpuNsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce(
    (sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]),
    0,
  );
}

function told(times: readonly number[]): { readonly connectedP50Ms: number; readonly connectedP90Ms: number } {
  const sorted = times.toSorted((a, b) => a - b);
  return { connectedP50Ms: percentile(sorted, 0.5), connectedP90Ms: percentile(sorted, 0.9) };
}
