import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { recogniseGuest } from "./doors.ts";
import type { Guest } from "./fleet.ts";
import { handClock, linkOf, newcomer, openFleet } from "./fleet.testing.ts";
import { hostView } from "./view.ts";

const T = 1_700_000_000_000;
const by = { name: "token:ana" };
const UUID = "30a2a131-f812-4666-bb69-c443f7e3a901";

function guest(more: Partial<Guest> = {}): Guest {
  return { door: "bolt", name: UUID, session: "s1", address: "192.0.2.1", at: T, ...more };
}

describe.each(engines)("doors of hosts on $name", ({ open }) => {
  test("a guest that nobody knows is a new host, and the same one when it comes again", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const first = await fleet.enter(guest({ hostname: "kvm570.example" }));
    expect(first.verdict).toBe("new-host");
    expect(fleet.byKey(first.host)).toMatchObject({
      name: "kvm570",
      state: "online",
      addresses: ["192.0.2.1"],
      capabilities: [],
      doors: [{ kind: "bolt", name: UUID, online: true, address: "192.0.2.1", lastSeenAt: T }],
    });
    expect(hostView(fleet.byKey(first.host)!, T + 5).doors).toEqual([
      { kind: "bolt", name: UUID, state: "online", address: "192.0.2.1", lastSeenAt: T + 5 },
    ]);
    expect(await fleet.enter(guest({ session: "s2", address: "192.0.2.9" }))).toEqual({ ...first, verdict: "known" });
    const events = (await fleet.history(first.host, { limit: 10 })).map(({ event, system }) => [event, system]);
    expect(events).toEqual([
      ["connected", `bolt:${UUID}`],
      ["connected", `bolt:${UUID}`],
      ["created", `bolt:${UUID}`],
    ]);
  });

  test("it is offline with the reason once its own connection ends, not when an older one does", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const { host } = await fleet.enter(guest());
    await fleet.enter(guest({ session: "s2" }));
    const { door, name } = guest();
    await fleet.leave({ door, name, session: "s1", reason: "bolt.taken-over", at: T + 1 });
    expect(fleet.byKey(host)?.state).toBe("online");
    await expect(fleet.forget(fleet.byKey(host)!)).rejects.toMatchObject({ code: "host.online" });
    await fleet.leave({ door, name, session: "s2", reason: "bolt.silent", at: T + 2 });
    expect(fleet.byKey(host)).toMatchObject({ state: "offline", offlineReason: "bolt.silent", lastSeenAt: T + 2 });
    await fleet.forget(fleet.byKey(host)!);
    expect((await fleet.enter(guest({ session: "s3" }))).verdict).toBe("new-host");
  });

  test("a host is found by its enrolment, its name, its machine's UUID, or its agent's own address", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const hosts = [];
    for (const number of [1, 2, 3, 4]) hosts.push(await fleet.attach(newcomer(number)));
    await fleet.linkUp(linkOf(hosts[3]!, 4, { epoch: 1 }));
    const networks = [{ name: "eth0", addresses: ["10.0.0.4"] }];
    await fleet.learn(hosts[3]!.host, { networks }, "digest");
    const uuid = newcomer(3).fingerprint.uuid!.toUpperCase();
    const found = [
      await fleet.enter(guest({ name: "enr_1" })),
      await fleet.enter(guest({ name: "PC-02" })),
      await fleet.enter(guest({ name: "anything", aliases: [uuid] })),
      await fleet.enter(guest({ name: "whoever", address: "10.0.0.4" })),
    ];
    expect(found).toEqual(hosts.map(({ host }) => ({ host, verdict: "recognised" })));
    expect(fleet.byKey(hosts[3]!.host)).toMatchObject({ state: "online", agent: { name: "enr_4", online: true } });
  });

  test("behind another's address, or through a foreign server, an address tells nothing", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const at = await fleet.attach(newcomer(1));
    await fleet.linkUp(linkOf(at, 1, { epoch: 1, address: "198.51.100.1" }));
    await fleet.learn(at.host, { networks: [{ name: "eth0", addresses: ["10.0.0.1"] }] }, "digest");
    expect((await fleet.enter(guest({ name: "a", address: "198.51.100.1" }))).verdict).toBe("new-host");
    expect((await fleet.enter(guest({ name: "b", address: "10.0.0.1" }))).verdict).toBe("new-host");
    await fleet.learn(at.host, { networks: [{ name: "eth0", addresses: ["198.51.100.1"] }] }, "digest-2");
    const through = guest({ name: "c", address: "198.51.100.1", via: "tower.example:443" });
    expect((await fleet.enter(through)).verdict).toBe("new-host");
  });

  test("a host that another guest has is proposed to a person, whose merge then decides", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const at = await fleet.attach(newcomer(1));
    expect((await fleet.enter(guest({ name: "pc-01" }))).verdict).toBe("recognised");
    const second = await fleet.enter(guest({ name: "enr_1", session: "s2" }));
    expect(second.verdict).toBe("merge-proposed");
    expect(await fleet.proposalsOf(at.host)).toMatchObject([{ other: second.host }]);
    await fleet.merge(fleet.byKey(second.host)!, fleet.byKey(at.host)!, by);
    expect(fleet.byKey(at.host)?.doors.map(({ name }) => name)).toEqual(["pc-01", "enr_1"]);
    expect(await fleet.enter(guest({ name: "enr_1", session: "s3" }))).toEqual({ host: at.host, verdict: "known" });
  });

  test("our own agent joins the host of a guest whose machine's UUID was known", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const uuid = newcomer(1).fingerprint.uuid!;
    const { host } = await fleet.enter(guest({ aliases: [uuid] }));
    expect(await fleet.attach(newcomer(1))).toMatchObject({ verdict: "known-host", host });
  });

  test("many come in at once under names of their own, and all are offline after their server ended", async () => {
    await using store = await open();
    {
      await using fleet = await openFleet(store);
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, i) => fleet.enter(guest({ name: `cn-${i}`, hostname: "box" }))),
      );
      expect(new Set(all.map(({ host }) => host)).size).toBe(30);
    }
    await using again = await openFleet(store, { clock: handClock() });
    expect(again.directory.hosts.every(({ state }) => state === "offline")).toBe(true);
    expect(again.directory.hosts[0]).toMatchObject({ name: "box", offlineReason: "server-stopped" });
  });
});

test("the surest sign decides, and several hosts are never guessed at", () => {
  const one = { host: 1, sharesName: false, sharesUuid: false, sharesAddress: true, isTaken: false };
  const two = { host: 2, sharesName: false, sharesUuid: true, sharesAddress: false, isTaken: false };
  expect(recogniseGuest([])).toEqual({ verdict: "new-host" });
  expect(recogniseGuest([one, two])).toEqual({ verdict: "recognised", host: 2 });
  expect(recogniseGuest([{ ...one, sharesUuid: true }, two])).toMatchObject({ verdict: "merge-proposed", other: 1 });
});
