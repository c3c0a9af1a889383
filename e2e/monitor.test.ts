/** How hosts fare: real agents, watched and not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient } from "@atalaya/client";
import { inProcessServer, joinAgent, startAgent, type InProcessServer, type OwnedProcess } from "@atalaya/testkit";

interface Sampled {
  readonly at: number;
  readonly clockSkewMs?: number;
  readonly cpu?: { readonly total: number; readonly cores: readonly number[] };
  readonly processes?: readonly { readonly name: string }[];
}

let folder: string;
let server: InProcessServer;
let agent: OwnedProcess;
let host: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "atalaya-monitor-"));
  server = await inProcessServer();
  const wish = { uses: 1, place: "site/aula-1" };
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", wish);
  const data = join(folder, "agent");
  const servers = `${server.host}:${server.port}`;
  await joinAgent({ data, servers, token: body.token });
  agent = startAgent({ data, servers });
  host = (await server.call<{ items: { name: string }[] }>("GET", "/api/v1/hosts")).body.items[0]!.name;
});
afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test("a host that is followed tells every second how it fares, with processes and the clocks' difference", async () => {
  const client = createClient({ url: `https://${server.host}:${server.port}`, token: server.token, ca: server.ca });
  const samples: Sampled[] = [];
  for await (const batch of client.live.subscribe("monitor", { host })) {
    for (const event of batch.events) samples.push((event as unknown as { sample: Sampled }).sample);
    if (samples.length >= 4) break;
  }
  client.close();
  const gaps = samples.slice(1).map(({ at }, n) => at - samples[n]!.at);
  expect(Math.max(...gaps.slice(1))).toBeLessThan(3_000);
  expect(samples.at(-1)!.processes!.length).toBeGreaterThan(0);
  expect(Math.abs(samples.at(-1)!.clockSkewMs!)).toBeLessThan(1_000);
  expect(samples.at(-1)!.cpu!.cores.length).toBeGreaterThan(0);
  const { body } = await server.call<Sampled>("GET", `/api/v1/hosts/${host}/monitor`);
  expect(body.at).toBeGreaterThan(0);
});

test("only those see it who may, on their places", async () => {
  const token = async (permissions: readonly string[], places: readonly string[]) => {
    const name = `t${Math.random().toString(36).slice(2, 8)}`;
    const made = await server.call<{ token: string }>("POST", "/api/v1/api-tokens", { name, permissions, places });
    return { authorization: `Bearer ${made.body.token}` };
  };
  const get = (path: string, headers: Record<string, string>) =>
    server.call<{ total?: number; items?: unknown[] }>("GET", `/api/v1${path}`, undefined, headers);
  const without = await token(["fleet.read"], ["site"]);
  const elsewhere = await token(["monitor.read"], ["site/aula-2"]);
  const here = await token(["monitor.read"], ["site/aula-1"]);
  for (const path of [`/hosts/${host}/monitor`, `/hosts/${host}/monitor/history`]) {
    expect((await get(path, without)).status).toBe(403);
    expect((await get(path, elsewhere)).status).toBe(404);
    expect((await get(path, here)).status).toBe(200);
  }
  expect((await get("/fleet/overview", elsewhere)).body.total).toBe(0);
  expect((await get("/fleet/overview", here)).body).toMatchObject({ total: 1, states: { online: 1 } });
  expect((await get("/monitor", elsewhere)).body.items).toEqual([]);
  expect((await get("/monitor", here)).body.items).toHaveLength(1);
});
