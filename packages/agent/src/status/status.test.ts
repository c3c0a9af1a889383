import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { statusParts, type StatusFrame } from "@atalaya/protocol";
import type { Log } from "../platform/log.ts";
import { openPolicy } from "../policy/policy.ts";
import { machineSource, readLive } from "./machine.ts";
import { ownSources } from "./own.ts";
import { packageEntry } from "./packages.ts";
import { createReporter } from "./reporter.ts";
import type { StatusSource } from "./source.ts";

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as unknown as Log;

function reporterOf(sources: readonly StatusSource[]) {
  const sent: StatusFrame[] = [];
  const reporter = createReporter({
    sources,
    live: readLive,
    log,
    send: (frame) => sent.push(frame),
    times: { readMs: 50, togetherMs: 5 },
  });
  return { sent, reporter };
}

test("digests come first, values when they are asked for, and then only what changed", async () => {
  const config = { port: 1, token: "secret" };
  let tell: () => void = () => undefined;
  const { sent, reporter } = reporterOf([
    { name: "activated", read: () => true },
    {
      name: "config",
      read: () => ({ ...config }),
      changed(listener) {
        tell = listener;
        return { [Symbol.dispose]: () => undefined };
      },
    },
    {
      name: "env",
      read: () => {
        throw new Error("unreadable");
      },
    },
    { name: "services", read: () => new Promise(() => undefined) },
    { name: "packages", read: () => [{ nothing: "of the kind" }] },
  ]);
  using _ = reporter;
  reporter.up();
  await expect.poll(() => sent.length).toBe(1);
  expect(Object.keys(sent[0]!.parts).toSorted()).toEqual(["activated", "config"]);
  expect(sent[0]!.values).toBeUndefined();
  expect(sent[0]!.live?.uptime).toBeGreaterThan(0);

  reporter.wanted(["config", "activated", "none"]);
  expect(sent[1]!.values).toEqual({ activated: true, config: { port: 1, token: null } });
  tell();
  config.port = 2;
  tell();
  await expect.poll(() => sent.length).toBe(3);
  expect(sent[2]!.values).toEqual({ config: { port: 2, token: null } });
  expect(sent[2]!.parts.activated).toBe(sent[0]!.parts.activated);
  reporter.look("config");
  reporter.down();
  config.port = 3;
  tell();
  await wait(30);
  expect(sent).toHaveLength(3);
  reporter.up();
  await expect.poll(() => sent.length).toBe(4);
  expect(sent[3]!.values).toBeUndefined();
  expect(sent[3]!.parts.config).not.toBe(sent[2]!.parts.config);
});

test("what is too much stays away, the largest first", async () => {
  const { sent, reporter } = reporterOf([
    { name: "activated", read: () => true },
    { name: "config", read: () => ({ text: "x".repeat(3 * 1024 * 1024) }) },
  ]);
  using _ = reporter;
  reporter.up();
  await expect.poll(() => sent.length).toBe(1);
  expect(Object.keys(sent[0]!.parts)).toEqual(["activated"]);
});

test("what this very machine and agent say fits the contract, and the time passing is no change", async () => {
  const state = () => ({
    instance: "7",
    enrolment: "enr_1",
    servers: ["via:10.0.0.7:8444", "tower.example:8443"],
    uplink: { host: "10.0.0.7", port: 8444, via: true },
    heartbeatMs: 30_000,
    data: "/var/lib/atalaya-agent",
    capabilities: ["exec"],
    version: "1.0.0",
    strategy: "priority",
    waypoint: { port: 8444, members: ["enr_b", "enr_a"] },
  });
  const sources = [machineSource, ...ownSources(state, async () => openPolicy)];
  const looks: Record<string, unknown>[] = [];
  for (let n = 0; n < 2; n += 1) {
    const read = await Promise.all(sources.map(async (source) => [source.name, await source.read()] as const));
    looks.push(Object.fromEntries(read));
    await wait(20);
  }
  expect(looks[0]).toEqual(looks[1]);
  for (const [name, value] of Object.entries(looks[0]!))
    expect(statusParts[name as keyof typeof statusParts].safeParse(value).success, name).toBe(true);
  expect(looks[0]).toMatchObject({
    env: { skey: null, token: null, tracker: "https://tower.example:8443/" },
    config: { listenPort: 8444 },
    clients: [{ cname: "enr_a" }, { cname: "enr_b" }],
  });
  // Exactly: the server digests what its contract knows.
  expect(looks[0]!["uplink"]).toEqual({ host: "10.0.0.7", port: 8444 });
});

test("a package is told in the shape of the original, with an id that follows from what it is", () => {
  const told = packageEntry({ name: "hello", version: "2.10-3", manager: "dpkg", arch: "amd64", status: "held" });
  expect(told).toEqual({
    name: "hello",
    version: "2.10-3",
    source: "builtin",
    type: "dpkg",
    arch: "amd64",
    status: { installed: true, state: "held" },
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/) as string,
  });
  expect(packageEntry({ ...told, manager: "dpkg", status: "installed" }).id).toBe(told.id);
});
