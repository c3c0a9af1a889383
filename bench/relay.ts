/**
 * One service, asked directly and through the relay: real server, real agent, all on this machine. Direct is plain HTTP;
 * relayed bytes are encrypted twice, from the agent to the server and from there to the caller.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage } from "node:http";
import { Agent, request as tlsRequest, type RequestOptions } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { joinAgent, ownProcess, serverProcess, startAgent } from "@atalaya/testkit";
import { cpuMsOf, median, percentile, rssOf } from "./measure.ts";

export const question = "What does a relay cost, in MB/s and added latency, against a direct connection?";

export const options = {
  megabytes: "how much is sent each way (200)",
  requests: "small requests for the latency (500)",
  rounds: "rounds of each, turn about; the rates are medians (3)",
};
export const targets = {
  "relayed.down": { atLeast: 50 },
  "relayed.up": { atLeast: 50 },
  "added.p50": { atMost: 5 },
};

export interface RelayOptions {
  readonly megabytes?: number;
  readonly requests?: number;
  readonly rounds?: number;
}

const MEGABYTE = 1_000_000;
const SERVICE = fileURLToPath(new URL("relay-service.child.ts", import.meta.url));

type Ask = (options: RequestOptions, body?: Readable) => Promise<IncomingMessage>;

export async function run({ megabytes = 200, requests = 500, rounds = 3 }: RelayOptions = {}): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-relay-"));
  try {
    await using server = await serverProcess({ data: join(folder, "server"), env: { ATALAYA_LOG_LEVEL: "warn" } });
    const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", { uses: 1 });
    const data = join(folder, "agent");
    const servers = `${server.host}:${server.port}`;
    await joinAgent({ data, servers, token: body.token });
    await using agent = startAgent({ data, servers });
    await using service = ownProcess({ program: process.execPath, args: [SERVICE] });
    const port = Number((await service.prints(/port (\d+)/))[1]);
    const host = await online(server);

    using plain = closing(new PlainAgent({ keepAlive: true }));
    using tls = closing(new Agent({ keepAlive: true, ca: server.ca, servername: "localhost" }));
    const direct: Ask = (wish, body) =>
      asked(plainRequest({ ...wish, host: "127.0.0.1", port, agent: plain.agent }), body);
    const relayed: Ask = ({ path, ...wish }, body) =>
      asked(
        tlsRequest({
          ...wish,
          path: `/proxy/${host}@${port}${path}`,
          host: server.host,
          port: server.port,
          agent: tls.agent,
          headers: { authorization: `Bearer ${server.token}` },
        }),
        body,
      );

    const rates = {
      direct: { down: [] as number[], up: [] as number[] },
      relayed: { down: [] as number[], up: [] as number[] },
    };
    const cpu = { server: cpuMsOf(server.process.pid), agent: cpuMsOf(agent.pid) };
    for (let round = 0; round < rounds; round += 1)
      for (const [name, ask] of [
        ["direct", direct],
        ["relayed", relayed],
      ] as const) {
        rates[name].down.push(await down(ask, megabytes));
        rates[name].up.push(await up(ask, megabytes));
      }
    const used = { server: cpuMsOf(server.process.pid) - cpu.server, agent: cpuMsOf(agent.pid) - cpu.agent };
    const latency = { direct: await latencies(direct, requests), relayed: await latencies(relayed, requests) };
    const seen = {
      direct: { down: median(rates.direct.down), up: median(rates.direct.up), ...latency.direct },
      relayed: { down: median(rates.relayed.down), up: median(rates.relayed.up), ...latency.relayed },
    };
    return {
      ...seen,
      ratio: { down: seen.relayed.down / seen.direct.down, up: seen.relayed.up / seen.direct.up },
      added: { p50: seen.relayed.p50 - seen.direct.p50, p99: seen.relayed.p99 - seen.direct.p99 },
      cpuMsPerMegabyte: {
        server: used.server / (2 * rounds * megabytes),
        agent: used.agent / (2 * rounds * megabytes),
      },
      rssMegabytes: { server: rssOf(server.process.pid) / MEGABYTE, agent: rssOf(agent.pid) / MEGABYTE },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function online(server: {
  call<T>(method: string, path: string): Promise<{ readonly body: T }>;
}): Promise<string> {
  for (;;) {
    const { body } = await server.call<{ items: { id: string; state: string }[] }>("GET", "/api/v1/hosts");
    const [host] = body.items;
    if (host?.state === "online") return host.id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function asked(call: ReturnType<typeof plainRequest>, body: Readable | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    call.once("response", resolve).once("error", reject);
    if (body === undefined) call.end();
    else pipeline(body, call).catch(reject);
  });
}

async function read(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of response) bytes += (chunk as Buffer).length;
  if (response.statusCode !== 200) throw new Error(`answered ${response.statusCode}`);
  return bytes;
}

/** MB/s. */
async function down(ask: Ask, megabytes: number): Promise<number> {
  const began = performance.now();
  const bytes = await read(await ask({ path: `/bytes/${megabytes * MEGABYTE}` }));
  if (bytes !== megabytes * MEGABYTE) throw new Error(`${bytes} bytes came`);
  return (megabytes * 1000) / (performance.now() - began);
}

async function up(ask: Ask, megabytes: number): Promise<number> {
  const piece = Buffer.alloc(MEGABYTE, 7);
  const body = Readable.from(Array.from({ length: megabytes }, () => piece));
  const began = performance.now();
  await read(await ask({ path: "/", method: "PUT" }, body));
  return (megabytes * 1000) / (performance.now() - began);
}

async function latencies(ask: Ask, requests: number): Promise<{ readonly p50: number; readonly p99: number }> {
  const taken: number[] = [];
  for (let n = 0; n < requests; n += 1) {
    const began = performance.now();
    await read(await ask({ path: "/" }));
    taken.push(performance.now() - began);
  }
  const sorted = taken.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}

function closing<One extends PlainAgent>(agent: One): { readonly agent: One; [Symbol.dispose](): void } {
  return { agent, [Symbol.dispose]: () => agent.destroy() };
}
