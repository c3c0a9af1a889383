import { describe, expect, test, vi } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { handClock, linkOf, newcomer, openFleet } from "./fleet.testing.ts";

const by = { name: "token:ana" };
const T = 1_700_000_000_000;

describe.each(engines)("the fleet on $name", ({ open }) => {
  test("knows a new machine by name at once, and the same machine again", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const first = await fleet.attach(newcomer(1, { place: ["site-a", "aula-1"], labels: { ring: "test" } }));
    expect(first.verdict).toBe("new-host");
    expect(fleet.byKey(first.host)).toMatchObject({
      id: expect.stringMatching(/^host_[A-Za-z0-9_-]{22}$/),
      name: "pc-01",
      place: ["site-a", "aula-1"],
      labels: { ring: "test" },
      state: "offline",
      offlineReason: "never-connected",
      system: { kind: "os", name: "sda2", enrolment: "enr_1" },
    });

    // Imaged anew: another enrolment of the same system. Then the live system of the same machine.
    const again = await fleet.attach(newcomer(1, { enrolment: "enr_1b", hostname: "debian", place: ["elsewhere"] }));
    expect(again).toEqual({ ...first, verdict: "known-host" });
    const live = await fleet.attach(newcomer(1, { enrolment: "enr_1c", system: { kind: "live", name: "live" } }));
    expect(live).toMatchObject({ verdict: "another-system", host: first.host });
    expect(live.system).not.toBe(first.system);
    expect(fleet.byKey(first.host)).toMatchObject({ name: "pc-01", place: ["site-a", "aula-1"] });
    expect(fleet.hostOfSystem(live.system)).toBe(first.host);
  });

  test("gives the same answer to who asks twice, and unique names to many at once", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) => fleet.attach(newcomer(i + 1, { hostname: "debian" }))),
    );
    expect(await fleet.attach(newcomer(7, { hostname: "debian" }))).toEqual({ ...all[6], verdict: "known-host" });
    const names = fleet.directory.hosts.map(({ name }) => name);
    expect(names.slice(0, 3)).toEqual(["debian", "debian-2", "debian-3"]);
    expect(new Set(names).size).toBe(30);
  });

  test("makes one host of one machine that enrols twice at the same moment, at two servers", async () => {
    await using store = await open();
    await using one = await openFleet(store);
    await using two = await openFleet(store, { server: "two" });
    const answers = await Promise.all([
      one.attach(newcomer(1, { enrolment: "a" })),
      two.attach(newcomer(1, { enrolment: "b", system: { kind: "live", name: "live" } })),
      two.attach(newcomer(2, { enrolment: "c", hostname: "pc-01" })),
    ]);
    expect(new Set(answers.map(({ host }) => host)).size).toBe(2);
    await one.fresh();
    expect(one.directory.hosts.map(({ name }) => name)).toEqual(["pc-01", "pc-01-2"]);
  });

  test("gives no host to who was let in by somebody whose word does not reach there", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const [there, nowhere, here] = [
      await fleet.attach(newcomer(1, { place: ["otro", "aula-9"] })),
      await fleet.attach(newcomer(2)),
      await fleet.attach(newcomer(3, { place: ["centro", "aula-1"] })),
    ];
    const again = (number: number) =>
      fleet.attach(newcomer(number, { enrolment: `anew_${number}`, place: ["centro"], reach: ["centro"] }));
    expect(await again(1)).toMatchObject({ verdict: "merge-proposed", other: there.host });
    expect(await again(2)).toMatchObject({ verdict: "merge-proposed", other: nowhere.host });
    expect(await again(3)).toEqual({ ...here, verdict: "known-host" });
    expect(fleet.byKey(there.host)).toMatchObject({ place: ["otro", "aula-9"], system: { enrolment: "enr_1" } });
  });

  test("foresees whom an enrolment would join, and changes nothing", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const one = await fleet.attach(newcomer(1));
    const { fingerprint } = newcomer(1);
    const revision = fleet.revision();
    const asked = [
      newcomer(2),
      newcomer(1, { enrolment: "anew" }),
      newcomer(1, { enrolment: "live", system: { kind: "live", name: "live" } }),
      newcomer(3, { fingerprint: { ...fingerprint, serial: "replaced" } }),
    ];
    expect(await fleet.foresee(asked)).toEqual([
      { verdict: "new-host" },
      { verdict: "known-host", host: one.host, replaces: "enr_1" },
      { verdict: "another-system", host: one.host },
      { verdict: "merge-proposed", host: one.host, reason: expect.stringContaining("UUID") },
    ]);
    expect([fleet.revision(), fleet.directory.hosts.length]).toEqual([revision, 1]);
    const verdicts = [];
    for (const who of asked) verdicts.push((await fleet.attach(who)).verdict);
    expect(verdicts).toEqual(["new-host", "known-host", "another-system", "merge-proposed"]);
  });

  test("proposes no more to merge what a person keeps apart, and knows each of the two again", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const one = await fleet.attach(newcomer(1));
    const fingerprint = { ...newcomer(2).fingerprint, serial: "S1X" };
    const two = await fleet.attach(newcomer(2, { fingerprint }));
    expect(two.verdict).toBe("merge-proposed");
    const [first, second] = [fleet.byKey(one.host)!, fleet.byKey(two.host)!];
    await fleet.dismiss(first, second, by);
    expect([await fleet.proposalsOf(one.host), await fleet.proposalsOf(two.host)]).toEqual([[], []]);
    await expect(fleet.dismiss(first, second, by)).rejects.toMatchObject({ code: "request.conflict" });
    const again = await fleet.attach(newcomer(2, { enrolment: "anew", fingerprint }));
    expect(again).toMatchObject({ verdict: "known-host", host: two.host });
  });

  test("asks a person where hardware points at two hosts; merging moves systems, labels and history", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const first = await fleet.attach(newcomer(1, { labels: { owner: "ana" } }));
    const { fingerprint } = newcomer(1);
    const doubtful = await fleet.attach(
      newcomer(2, { fingerprint: { ...fingerprint, serial: "replaced" }, labels: { owner: "eva", ring: "b" } }),
    );
    expect(doubtful).toMatchObject({ verdict: "merge-proposed", other: first.host });
    await fleet.linkUp(linkOf(doubtful, 2, { epoch: 1 }));
    await fleet.learn(doubtful.host, { os: { id: "debian" } }, "digest-2");
    const [old, kept] = [fleet.byKey(doubtful.host)!, fleet.byKey(first.host)!];
    expect(await fleet.proposalsOf(first.host)).toMatchObject([{ other: doubtful.host }]);

    const gone: unknown[] = [];
    using _ = fleet.onGone((host) => gone.push(host));
    const merged = await fleet.merge(old, kept, by);
    expect(gone).toEqual([{ host: doubtful.host, into: first.host, enrolments: ["enr_2"] }]);
    expect(merged).toMatchObject({
      id: kept.id,
      name: "pc-01",
      state: "online",
      labels: { owner: "ana", ring: "b" },
      facts: { os: { id: "debian" } },
      system: { enrolment: "enr_2" },
    });
    expect(await fleet.host(old.id)).toEqual(merged);
    expect(fleet.byKey(doubtful.host)).toEqual(merged);
    expect(fleet.factsDigest(first.host)).toBe("digest-2");
    expect(await fleet.proposalsOf(first.host)).toEqual([]);
    expect((await fleet.systemsOf(first.host)).map(({ enrolment }) => enrolment)).toEqual(["enr_1", "enr_2"]);
    const events = (await fleet.history(first.host, { limit: 10 })).map(({ event }) => event);
    expect(events.toSorted()).toEqual(["connected", "created", "created", "merged"]);
    expect(events[0]).toBe("merged");
    // The name is free again, and the old link's end is that of the host that stays.
    await fleet.linkDown({ system: doubtful.system, host: doubtful.host, reason: "closed", at: T + 1, epoch: 1 });
    expect(fleet.byKey(first.host)).toMatchObject({ state: "offline", offlineReason: "closed" });
    await expect(fleet.merge(merged, merged, by)).rejects.toMatchObject({ code: "request.conflict" });
    expect((await fleet.attach(newcomer(9, { hostname: "pc-02" }))).verdict).toBe("new-host");
  });

  test("does not take a waypoint's address for that of the host behind it", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const waypoint = await fleet.attach(newcomer(1));
    await fleet.linkUp(linkOf(waypoint, 1));
    const behind = await fleet.attach(newcomer(2));
    const enrolment = fleet.byKey(waypoint.host)!.system!.enrolment;
    await fleet.linkUp({ ...linkOf(behind, 2), address: "10.0.0.1", via: [enrolment] });
    await fleet.learn(behind.host, { networks: [{ name: "eth0", addresses: ["192.168.7.2"] }] }, "digest");
    const shown = [waypoint, behind].map(({ host }) => fleet.byKey(host)!);
    expect(shown.map(({ addresses }) => addresses)).toEqual([["10.0.0.1"], ["192.168.7.2"]]);
    expect(shown[1]!.via!()).toEqual([shown[0]!.name]);
    expect(fleet.hostOfEnrolment(enrolment)?.key).toBe(waypoint.host);
  });

  test("tells who is online, since when not, and why", async () => {
    await using store = await open();
    const clock = handClock();
    await using fleet = await openFleet(store, { clock });
    const at = await fleet.attach(newcomer(1));
    await fleet.linkUp(linkOf(at, 1, { at: T, epoch: 3 }));
    expect(fleet.byKey(at.host)).toMatchObject({ state: "online", addresses: ["10.0.0.1"], capabilities: ["exec"] });
    expect(fleet.byKey(at.host)?.offlineReason).toBeUndefined();

    // News of an older link, and of a system that is not the one online, come too late.
    await fleet.linkDown({ system: at.system, host: at.host, reason: "closed", at: T + 1, epoch: 2 });
    const live = await fleet.attach(newcomer(1, { enrolment: "live", system: { kind: "live", name: "live" } }));
    await fleet.linkDown({ system: live.system, host: at.host, reason: "closed", at: T + 1 });
    expect(fleet.byKey(at.host)?.state).toBe("online");

    await fleet.linkDown({ system: at.system, host: at.host, reason: "link.silent", at: T + 5, epoch: 3 });
    expect(fleet.byKey(at.host)).toMatchObject({ state: "offline", offlineReason: "link.silent", lastSeenAt: T + 5 });
    expect(await fleet.history(at.host, { limit: 2 })).toMatchObject([
      { event: "disconnected", reason: "link.silent", at: T + 5 },
      { event: "enrolled", system: "live:live" },
    ]);
    expect(await fleet.prune(T + 5)).toBe(3);
    expect((await fleet.history(at.host, { limit: 10 })).map(({ event }) => event)).toEqual(["disconnected"]);
    await fleet.quarantine(at.host, "link.cloned");
    expect(await fleet.prune(0, 1)).toBe(1);
    expect((await fleet.history(at.host, { limit: 10 })).map(({ event }) => event)).toEqual(["quarantined"]);
  });

  test("after its server ended, hosts are offline until they return", async () => {
    await using store = await open();
    const clock = handClock(T + 60_000);
    const before = await openFleet(store, { clock });
    const at = await before.attach(newcomer(1));
    const other = await before.attach(newcomer(2));
    await before.linkUp(linkOf(at, 1, { at: T }));
    await before[Symbol.asyncDispose]();
    await using elsewhere = await openFleet(store, { clock, server: "two" });
    await elsewhere.linkUp(linkOf(other, 2));

    await using fleet = await openFleet(store, { clock });
    expect(fleet.byKey(at.host)).toMatchObject({
      state: "offline",
      offlineReason: "server-stopped",
      // When the server was last known to be alive, not when the host had connected.
      lastSeenAt: T + 60_000,
    });
    expect(fleet.byKey(other.host)?.state).toBe("online");
    expect(await fleet.history(at.host, { limit: 1 })).toMatchObject([
      { event: "disconnected", reason: "server-stopped" },
    ]);
  });

  test("hosts of a server that fell silent are offline, those of others are not", async () => {
    await using store = await open();
    const clock = handClock();
    const timers: (() => void)[] = [];
    clock.after = (ms, act) => {
      if (ms === 30_000) timers.push(act);
      return { [Symbol.dispose]: () => {} };
    };
    await using fleet = await openFleet(store, { clock });
    await using silent = await openFleet(store, { clock: handClock(), server: "two" });
    const [mine, theirs] = [await fleet.attach(newcomer(1)), await silent.attach(newcomer(2))];
    await fleet.linkUp(linkOf(mine, 1));
    await silent.linkUp(linkOf(theirs, 2));
    clock.time = T + 121_000;
    timers.at(-1)!();
    await vi.waitFor(async () => {
      await fleet.fresh();
      expect(fleet.byKey(theirs.host)).toMatchObject({ state: "offline", offlineReason: "server-lost" });
    });
    expect(fleet.byKey(mine.host)?.state).toBe("online");
  });

  test("survives whatever agents say of themselves", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const nul = "\u0000\u001b[31m";
    const agentVersion = `1${nul}`;
    const fingerprint = { uuid: nul, serial: `s${nul}`, macs: [] };
    const strange = { hostname: nul, agentVersion, fingerprint, system: { kind: "os", name: `x${nul}` } } as const;
    const [at] = await Promise.all([fleet.attach(newcomer(1, strange)), fleet.attach(newcomer(2))]);
    await fleet.linkUp(linkOf(at, 1, { agentVersion, fingerprint, bootId: nul, capabilities: [nul] }));
    await fleet.learn(at.host, { hostname: nul }, nul);
    await fleet.linkDown({ system: at.system, host: at.host, reason: nul, at: T });
    expect(fleet.byKey(at.host)).toMatchObject({ name: "31m", agentVersion: "1[31m", facts: { hostname: nul } });
  });

  test("commits a storm of 10,000 links in few transactions", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const count = 10_000;
    const attached = await Promise.all(Array.from({ length: count }, (_, i) => fleet.attach(newcomer(i + 1))));
    let commits = 0;
    using _ = store.onCommit(() => (commits += 1));
    const began = performance.now();
    await Promise.all(attached.map((at, i) => fleet.linkUp(linkOf(at, i + 1))));
    const ms = performance.now() - began;
    expect((await fleet.resolve("state:online")).hosts).toHaveLength(count);
    expect(commits).toBeLessThan(60);
    expect(ms).toBeLessThan(5_000);

    await using late = await openFleet(store, { server: "two" });
    expect(late.directory.hosts).toHaveLength(count);
  });

  test("learns facts and answers selectors by them, also at another server", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await using other = await openFleet(store, { server: "two" });
    const [one, two] = [
      await fleet.attach(newcomer(1)),
      await fleet.attach(newcomer(10, { place: ["site-a", "aula-1"] })),
    ];
    await fleet.learn(one.host, { os: { id: "fedora" }, cpu: { cores: 2 } }, "d0");
    await Promise.all([
      fleet.learn(one.host, { os: { id: "debian" }, cpu: { cores: 2 } }, "d1"),
      fleet.learn(two.host, { os: { id: "debian" }, cpu: { cores: 16 } }, "d2"),
      fleet.learn(999_999, {}, "of nobody"),
    ]);
    expect(fleet.factsDigest(one.host)).toBe("d1");
    const names = async (selector: string, places?: readonly string[]) =>
      (await other.resolve(selector, places === undefined ? {} : { places })).hosts.map(({ name }) => name);
    expect(await names("os:debian")).toEqual(["pc-01", "pc-10"]);
    expect(await names("os:debian and cpu:>=4")).toEqual(["pc-10"]);
    expect(await names("all", ["site-a"])).toEqual(["pc-10"]);
    expect(await names("all", ["site"])).toEqual([]);
    await expect(fleet.resolve("os:")).rejects.toMatchObject({ code: "selector.malformed" });
    await expect(fleet.resolve("@nobody")).rejects.toMatchObject({ code: "group.unknown" });
  });

  test("changes a host as a person asks, all of it or nothing", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const at = await fleet.attach(newcomer(1));
    await fleet.attach(newcomer(2));
    const patch = { name: "Mail.example.org", labels: { a: "1" }, place: ["site-a"] };
    expect(await fleet.change(at.host, patch, by)).toMatchObject(patch);
    await expect(fleet.change(at.host, { place: null, name: "PC-02" }, by)).rejects.toMatchObject({
      code: "host.name-taken",
    });
    await expect(fleet.change(at.host, { place: null, labels: { "a b": "" } }, by)).rejects.toMatchObject({
      code: "request.malformed",
    });
    expect(await fleet.host("mail.EXAMPLE.org")).toMatchObject(patch);
    const { revision } = await fleet.host("mail.example.org");
    expect((await fleet.change(at.host, patch, by)).revision).toBe(revision);
    expect(await fleet.history(at.host, { limit: 3 })).toMatchObject([
      { event: "labelled", to: "a=1", actor: "token:ana" },
      { event: "placed", to: "site-a" },
      { event: "renamed", from: "pc-01", to: "Mail.example.org" },
    ]);
  });

  test("quarantines and releases; forgets only who is offline", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const at = await fleet.attach(newcomer(1));
    await fleet.linkUp(linkOf(at, 1));
    await fleet.quarantine(at.host, "link.cloned");
    expect(fleet.byKey(at.host)).toMatchObject({ state: "quarantined", offlineReason: "link.cloned" });
    expect((await fleet.release(at.host, by)).state).toBe("online");
    await expect(fleet.release(at.host, by)).rejects.toMatchObject({ code: "request.conflict" });

    const host = await fleet.host("pc-01");
    await expect(fleet.forget(host)).rejects.toMatchObject({ code: "host.online" });
    await fleet.linkDown({ system: at.system, host: at.host, reason: "closed", at: T });
    const gone: unknown[] = [];
    using _ = fleet.onGone((each) => gone.push(each));
    await fleet.forget(host);
    expect(gone).toEqual([{ host: at.host, enrolments: ["enr_1"] }]);
    await expect(fleet.host(host.id)).rejects.toMatchObject({ code: "host.unknown" });
    await expect(fleet.linkUp(linkOf(at, 1))).rejects.toMatchObject({ code: "host.unknown" });
    expect(await fleet.attach(newcomer(1, { enrolment: "new" }))).toMatchObject({ verdict: "new-host" });
    expect((await fleet.host("pc-01")).id).not.toBe(host.id);
  });

  test("a revoked enrolment's system leaves, its host stays", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await using elsewhere = await openFleet(store, { server: "two" });
    const at = await fleet.attach(newcomer(1));
    await elsewhere.fresh();
    const barred: string[] = [];
    fleet.onBarred((host) => barred.push(`here ${host}`));
    elsewhere.onBarred((host) => barred.push(`elsewhere ${host}`));
    await fleet.linkUp(linkOf(at, 1));
    await fleet.detach("enr_1");
    await fleet.detach("enr_1");
    await elsewhere.fresh();
    expect(barred).toEqual([`here ${at.host}`, `elsewhere ${at.host}`]);
    expect(fleet.byKey(at.host)).toMatchObject({
      name: "pc-01",
      state: "offline",
      offlineReason: "certificate.revoked",
      isBarred: true,
    });
    expect(fleet.byKey(at.host)?.system).toBeUndefined();
    // Enrolled anew, it is the same system of the same host.
    expect(await fleet.attach(newcomer(1, { enrolment: "enr_1b" }))).toEqual({ ...at, verdict: "known-host" });
    expect(fleet.byKey(at.host)?.isBarred).toBe(false);
  });

  test("keeps groups free of circles, everywhere", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await using other = await openFleet(store, { server: "two" });
    await fleet.attach(newcomer(1));
    await fleet.putGroup({ name: "lab", selector: "pc-[01-02]" }, by);
    await other.putGroup({ name: "all-labs", selector: "@lab or  @lab", description: "both" }, by);
    expect((await fleet.resolve("@all-labs and not none")).hosts).toHaveLength(1);
    expect(fleet.group("all-labs")).toMatchObject({
      selector: "@lab or @lab",
      description: "both",
      changedBy: "token:ana",
    });
    await expect(fleet.putGroup({ name: "lab", selector: "@all-labs" }, by)).rejects.toMatchObject({
      code: "group.circular",
    });
    await expect(fleet.putGroup({ name: "x", selector: "@y" }, by)).rejects.toMatchObject({ code: "group.unknown" });
    await expect(fleet.removeGroup("lab", by)).rejects.toMatchObject({ code: "request.conflict" });
    await other.removeGroup("all-labs", by);
    await fleet.removeGroup("lab", by);
    await expect(other.resolve("@lab")).rejects.toMatchObject({ code: "group.unknown" });
    await expect(fleet.removeGroup("lab", by)).rejects.toMatchObject({ code: "group.unknown" });
  });

  test("a preview tells the difference to the last use", async () => {
    await using store = await open();
    const clock = handClock();
    await using fleet = await openFleet(store, { clock });
    for (const number of [1, 2, 3]) await fleet.attach(newcomer(number));
    expect(await fleet.preview("pc-*", by, 2)).toEqual({
      selector: "name:pc-*",
      count: 3,
      states: { offline: 3 },
      hosts: [expect.objectContaining({ name: "pc-01" }), expect.objectContaining({ name: "pc-02" })],
      folded: "pc-[01-03]",
    });
    clock.time = T + 1_000;
    await fleet.resolve("pc-*", { usedBy: by.name });
    await fleet.attach(newcomer(4));
    await fleet.forget(await fleet.host("pc-02"));
    clock.time = T + 2_000;
    for (const _ of [1, 2]) {
      expect((await fleet.preview(" pc-* ", by, 0)).difference).toEqual({
        since: T + 1_000,
        added: ["pc-04"],
        removed: ["pc-02"],
      });
    }
    expect((await fleet.preview("pc-*", { name: "token:eva" }, 0)).difference).toBeUndefined();
    // Old ones are forgotten.
    for (let i = 0; i < 105; i++) {
      clock.time += 1;
      await fleet.resolve(`pc-${i}`, { usedBy: by.name });
    }
    expect((await fleet.preview("pc-*", by, 0)).difference).toBeUndefined();
  });
});
