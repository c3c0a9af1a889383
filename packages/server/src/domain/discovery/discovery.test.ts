import { describe, expect, test } from "vitest";
import { createLocalBus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { createDiscovery, type SeenNode, type Sighting } from "./discovery.ts";

const SILENT_MS = 35_000;
const polod = (address: string, name = "n7"): Sighting => ({
  address,
  name,
  services: [{ id: "receiver", params: {} }],
});

describe.each(engines)("discovery on $name", ({ open }) => {
  async function room(at = { now: 1_000_000 }) {
    const store = await open();
    const clock: Clock = { now: () => at.now, after: () => ({ [Symbol.dispose]: () => undefined }) };
    const bus = createLocalBus({ clock, log: silentLog });
    const make = () => createDiscovery({ store, bus, clock, log: silentLog });
    return { at, make, discovery: await make(), [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
  }

  test("keeps a machine under one id, by whatever door it is seen", async () => {
    await using it = await room();
    await it.discovery.seen("marcopolo", [polod("192.0.2.7")], SILENT_MS);
    await it.discovery.seen(
      "dns-sd",
      [{ address: "192.0.2.7", services: [{ id: "_ssh._tcp", params: {} }] }],
      SILENT_MS,
    );
    const [node, ...others] = it.discovery.nodes();
    expect(others).toEqual([]);
    expect(node).toMatchObject({ name: "n7", doors: ["marcopolo", "dns-sd"], address: "192.0.2.7" });
    expect(node!.services.map(({ id }) => id)).toEqual(["receiver", "_ssh._tcp"]);
  });

  test("takes a new revision for news, and none for a machine that only is still there", async () => {
    await using it = await room();
    await it.discovery.seen("marcopolo", [polod("192.0.2.7")], SILENT_MS);
    const before = it.discovery.revision;
    it.at.now += 10_000;
    await it.discovery.seen("marcopolo", [polod("192.0.2.7")], SILENT_MS);
    expect(it.discovery.revision).toBe(before);
    await it.discovery.seen("marcopolo", [polod("192.0.2.7", "renamed")], SILENT_MS);
    expect(it.discovery.revision).toBeGreaterThan(before);
  });

  test("lets a machine leave once every door has been silent, and come back as the same", async () => {
    await using it = await room();
    await it.discovery.seen("marcopolo", [polod("192.0.2.7")], SILENT_MS);
    const { id } = it.discovery.nodes()[0]!;
    it.at.now += SILENT_MS - 1;
    await it.discovery.seen("marcopolo", [], SILENT_MS);
    expect(it.discovery.nodes()[0]!.goneAt).toBeUndefined();
    it.at.now += 1;
    await it.discovery.seen("marcopolo", [], SILENT_MS);
    expect(it.discovery.nodes()[0]!.goneAt).toBe(it.at.now);
    await it.discovery.seen("marcopolo", [polod("192.0.2.7")], SILENT_MS);
    expect(it.discovery.nodes()[0]).toMatchObject({ id });
    expect(it.discovery.nodes()[0]!.goneAt).toBeUndefined();
  });

  test("is read again after a restart, without those that left long ago", async () => {
    await using it = await room();
    await it.discovery.seen("marcopolo", [polod("192.0.2.7"), polod("192.0.2.8", "n8")], SILENT_MS);
    it.at.now += SILENT_MS;
    await it.discovery.seen("marcopolo", [polod("192.0.2.8", "n8")], SILENT_MS);
    it.at.now += 3_600_000;
    const told = ({ id, address, goneAt }: SeenNode) => ({ id, address, goneAt });
    expect((await it.make()).nodes().map(told)).toEqual(it.discovery.nodes().map(told));
    it.at.now += 8 * 86_400_000;
    expect((await it.make()).nodes().map(({ name }) => name)).toEqual(["n8"]);
  });
});
