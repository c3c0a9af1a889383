import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { faultProxy } from "../faults/proxy.ts";
import { inProcessServer } from "../plane/plane.ts";
import { joinAgent, startAgent } from "./agent.ts";

test("a real agent goes on to the next server when its own refuses, in turn, without a restart", async () => {
  const data = await mkdtemp(join(tmpdir(), "atalaya-uplinks-"));
  await using _ = { [Symbol.asyncDispose]: () => rm(data, { recursive: true, force: true }) };
  await using server = await inProcessServer({ settings: { drainSeconds: 1 } });
  await using one = await faultProxy(server);
  await using two = await faultProxy(server);
  const servers = `127.0.0.1:${one.port},127.0.0.1:${two.port}`;
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/join-tokens", {});
  await joinAgent({ data, servers, token: body.token });
  await using agent = startAgent({ data, servers, env: { ATALAYA_AGENT_STRATEGY: "round-robin" } });
  const states = async () =>
    (await server.call<{ items: { state: string }[] }>("GET", "/api/v1/hosts")).body.items.map(({ state }) => state);
  const at = async (proxy: typeof one) => {
    await expect.poll(() => proxy.open, { timeout: 15_000 }).toBeGreaterThan(0);
    await expect.poll(states, { timeout: 15_000 }).toEqual(["online"]);
  };
  await expect.poll(() => one.open + two.open, { timeout: 15_000 }).toBeGreaterThan(0);
  const [first, second] = one.open > 0 ? [one, two] : [two, one];
  await at(first);
  first.refuse();
  await at(second);
  first.heal();
  second.refuse();
  await at(first);
  expect(second.open).toBe(0);
  await agent.end("SIGTERM");
});
