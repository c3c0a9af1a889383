import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { mount } from "../../api/mount.ts";
import { roles } from "../../api/permissions.ts";
import type { Peer } from "../../cores/core.ts";
import { openTower, sample } from "../../domain/status/status.testing.ts";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { createEventStreams } from "./events.ts";
import { minionRoutes } from "./minions.routes.ts";
import { towerStatusRoutes } from "./status.routes.ts";

const peer = (door: Peer["door"] = "public"): Peer => ({
  door,
  address: "192.0.2.1",
  port: 1,
  hostName: async () => undefined,
});
const viewer = (places?: readonly string[]): Actor => ({
  name: "token:viewer",
  permissions: new Set(roles.viewer),
  ...(places === undefined ? {} : { places }),
});

async function openDoor(store: Store, { legacyDigests = false } = {}) {
  await using undo = new AsyncDisposableStack();
  const tower = undo.use(await openTower(store, systemClock));
  const { status, fleet, bus } = tower;
  const events = undo.use(
    createEventStreams({ status, fleet, bus, clock: systemClock, log: silentLog, ended: async () => new Map() }),
  );
  const self = {
    at: "/",
    routes: towerStatusRoutes({
      self: {
        ...{ id: "tower-1", instance: "i", version: "1.2.3", config: { port: 8020 }, uplink: null },
        isRunning: async () => true,
      },
      status,
      fleet,
      clients: async () => [{ cname: "m1", ports: [5000], address: "192.0.2.1" }],
    }),
  };
  const app = (actor: Actor | undefined) =>
    mount(
      [
        { at: "/", routes: minionRoutes({ status, fleet, events, clock: systemClock, legacyDigests, start: "s" }) },
        self,
      ],
      {
        authenticate: async () => actor,
        audit: { begin: async () => ({ end: async () => undefined }), record: async () => undefined } as never,
        log: silentLog,
      },
    );
  const owned = undo.move();
  return {
    ...tower,
    events,
    async ask(path: string, init: RequestInit & { actor?: Actor | undefined; door?: Peer["door"] } = {}) {
      const { actor = viewer(), door, ...rest } = init;
      return app(actor).fetch(new Request(`https://tower${path}`, rest), { peer: peer(door) });
    },
    app,
    async tell(number: number, more: Readonly<Record<string, unknown>> = {}, place?: readonly string[]) {
      const { host } = await tower.online(number, place === undefined ? {} : { place });
      await status.put(host, { whole: { ...sample, id: `m${number}`, ...more } }, "bolt");
      return host;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const ids = async (answer: Response): Promise<readonly string[]> =>
  ((await answer.json()) as readonly { readonly id: string }[]).map(({ id }) => id);

describe.each(engines)("/minions on $name", ({ open }) => {
  test("answers as the original did, and its checksums tell the truth", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    const empty = await door.ask("/minions", { method: "HEAD" });
    expect(empty.headers.get("content-md5")).toBe("d41d8cd98f00b204e9800998ecf8427e");
    const two = await door.tell(2);
    await door.tell(1);
    const head = await door.ask("/minions", { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe("");
    expect(head.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(head.headers.get("content-length")).toBe("0");
    expect(head.headers.get("content-md5")).toMatch(/^[0-9a-f]{32}$/);
    expect(head.headers.get("x-powered-by")).toBeNull();

    const list = await door.ask("/minions");
    const text = await list.clone().text();
    expect(list.headers.get("content-length")).toBe(String(text.length));
    expect(await ids(list)).toEqual(["m2", "m1"]);
    expect(JSON.parse(text)[1]).toEqual({
      ...sample,
      id: "m1",
      env: { ...(sample["env"] as object), skey: null, token: null },
    });
    const old = await (await door.ask("/minions", { door: "tower" })).text();
    expect(old).toBe(JSON.stringify(JSON.parse(text), null, 2));
    const one = await door.ask("/minions/m2");
    expect(await one.json()).toEqual(JSON.parse(text)[0]);
    const oneHead = await door.ask("/minions/m2", { method: "HEAD" });
    expect(oneHead.headers.get("content-md5")).toBe(one.headers.get("content-md5"));
    for (const method of ["HEAD", "GET"]) expect((await door.ask("/minions/none", { method })).status).toBe(404);

    await door.status.put(two, { patch: { running: false } }, "bolt");
    const after = await door.ask("/minions", { method: "HEAD" });
    expect(after.headers.get("content-md5")).not.toBe(head.headers.get("content-md5"));
    door.status.beat(two, { uptime: 1e6 });
    const later = await door.ask("/minions", { method: "HEAD" });
    expect(later.headers.get("content-md5")).toBe(after.headers.get("content-md5"));
    expect(later.headers.get("etag")).not.toBe(after.headers.get("etag"));
    const lives = (await (await door.ask("/minions")).json()) as readonly { os: { uptime: number } }[];
    expect(lives[0]!.os.uptime).toBe(1e6);
    expect((await door.ask("/minions", { actor: { name: "nobody", permissions: new Set() } })).status).toBe(403);
  });

  test("shows each scope its own, picks, pages, and sends nothing that is known", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    for (let n = 1; n <= 5; n += 1) await door.tell(n, { running: n % 2 === 0 }, ["site", `aula-${n % 2}`]);
    const actor = viewer(["site/aula-1"]);
    expect(await ids(await door.ask("/minions", { actor }))).toEqual(["m1", "m3", "m5"]);
    expect((await door.ask("/minions/m2", { actor })).status).toBe(404);
    const own = await door.ask("/minions", { actor, method: "HEAD" });
    const host = await door.tell(2, { running: "elsewhere" }, ["site", "aula-0"]);
    const same = await door.ask("/minions", { actor, method: "HEAD" });
    expect(same.headers.get("content-md5")).toBe(own.headers.get("content-md5"));

    expect(await ids(await door.ask("/minions?selector=lab:aula-0"))).toEqual(["m2", "m4"]);
    expect(await (await door.ask("/minions?selector=name:pc-02&fields=os.hostname,packages.name")).json()).toEqual([
      {
        id: "m2",
        os: { hostname: "kvm570" },
        packages: (sample["packages"] as readonly { name: string }[]).map(({ name }) => ({ name })),
      },
    ]);
    const first = await door.ask("/minions?limit=2&fields=id");
    expect(await ids(first)).toEqual(["m1", "m2"]);
    const next = /^<(.+)>; rel="next"$/.exec(first.headers.get("link") ?? "")![1]!;
    expect(await ids(await door.ask(next))).toEqual(["m3", "m4"]);
    const lines = await door.ask("/minions?fields=running", { headers: { accept: "application/x-ndjson" } });
    expect(
      (await lines.text())
        .split("\n")
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { id: string }).id),
    ).toEqual(["m1", "m2", "m3", "m4", "m5"]);

    for (const path of ["/minions", "/minions?live=off", "/minions/m2", "/minions?selector=all&fields=id"]) {
      const known = await door.ask(path);
      const tag = known.headers.get("etag")!;
      expect(tag).toMatch(/^"/);
      expect((await door.ask(path, { headers: { "if-none-match": tag } })).status).toBe(304);
      const digest = `"${known.headers.get("content-md5")}"`;
      expect((await door.ask(path, { headers: { "if-none-match": `"x", ${digest}` } })).status).toBe(304);
      await door.status.put(host, { patch: { running: path } }, "bolt");
      expect((await door.ask(path, { headers: { "if-none-match": tag } })).status).toBe(200);
    }
    expect((await door.ask("/minions?since=0&selector=all")).status).toBe(400);
    expect((await door.ask("/minions?fields=a&nonsense=1")).status).toBe(400);
    for (const method of ["GET", "HEAD"])
      expect((await door.ask("/minions?cursor=nonsense", { method })).status).toBe(400);
  });

  test("remembers who is offline, and tells what changed since a revision and who left", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    await door.tell(1);
    const two = await door.tell(2);
    await door.tell(3);
    const before = await door.ask("/minions?state=all", { method: "HEAD" });
    const since = before.headers.get("atalaya-revision");
    await door.offline(1);
    await expect.poll(() => door.status.list({}).size).toBe(2);
    await door.status.put(two, { patch: { running: false } }, "bolt");
    expect(await (await door.ask(`/minions?since=${since}&fields=running`)).json()).toEqual({
      revision: door.status.revision,
      digest: door.status.list({}).digest,
      reset: false,
      changed: [{ id: "m2", running: false }],
      gone: ["m1"],
    });
    expect((await door.ask("/minions?since=999999")).status).toBe(200);
    expect(await (await door.ask("/minions?since=999999&fields=id")).json()).toMatchObject({ reset: true });
    expect((await door.ask("/minions/m1")).status).toBe(404);
    expect(await (await door.ask("/minions?state=all&fields=id")).json()).toEqual([
      { id: "m1", state: "offline", lastSeen: expect.stringMatching(/^\d{4}-/) as string, offlineReason: "closed" },
      { id: "m2", state: "online" },
      { id: "m3", state: "online" },
    ]);
    // Gone, back and gone again is the same digest, and another answer.
    const gone = await door.ask("/minions?state=all&live=off");
    await door.tell(1);
    await door.offline(1);
    await expect.poll(() => door.status.list({}).size).toBe(2);
    const goneAgain = await door.ask("/minions?state=all&live=off");
    expect(goneAgain.headers.get("content-md5")).toBe(gone.headers.get("content-md5"));
    expect(await goneAgain.text()).not.toBe(await gone.text());
    expect(goneAgain.headers.get("etag")).not.toBe(gone.headers.get("etag"));
    const after = await door.ask("/minions?state=all", { method: "HEAD" });
    expect(after.headers.get("content-md5")).not.toBe(before.headers.get("content-md5"));
    await door.tell(1);
    expect(await ids(await door.ask("/minions"))).toEqual(["m1", "m2", "m3"]);
  });

  test("tells events, and goes on where somebody stopped", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    await door.tell(1);
    const abort = new AbortController();
    const events = reader(await door.ask("/minions/events", { signal: abort.signal }));
    const now = await events.next();
    expect(now.event).toBe("now");
    const host = await door.tell(2);
    await door.status.put(host, { patch: { running: false } }, "bolt");
    await door.offline(2);
    const told = [await events.next(), await events.next(), await events.next(), await events.next()];
    expect(told.map(({ event }) => event)).toEqual(["added", "ready", "changed", "removed"]);
    expect(told[2]!.data).toMatchObject({ id: "m2", parts: ["running"], digest: expect.any(String) as string });
    abort.abort();
    await expect.poll(() => door.events.size).toBe(0);

    const again = reader(
      await door.ask("/minions/events", {
        headers: { "last-event-id": String((told[1]!.data as { revision: number }).revision) },
      }),
    );
    expect([await again.next(), await again.next()].map(({ event }) => event)).toEqual(["changed", "removed"]);
    const reset = reader(await door.ask("/minions/events?since=999999"));
    expect((await reset.next()).event).toBe("reset");
    const placed = reader(await door.ask(`/minions/events?since=${now.id}`, { actor: viewer(["elsewhere"]) }));
    door.events.drain();
    await expect(placed.next()).rejects.toThrow("over");
  });

  test("tells who comes to be picked by a selector and who no longer is, and goes on only where that is certain", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    const one = await door.tell(1, {}, ["site", "aula-1"]);
    await door.tell(2, {}, ["site", "aula-2"]);
    await door.status.settled();
    const path = "/minions/events?selector=place:site/aula-1&fields=running,os.hostname";
    const events = reader(await door.ask(path));
    const now = await events.next();
    expect(now).toMatchObject({ event: "now", data: { digest: expect.any(String) as string } });
    const list = await door.ask("/minions?selector=place:site/aula-1", { method: "HEAD" });
    expect((now.data as { digest: string }).digest).toBe(list.headers.get("content-md5"));

    // One that is not picked says nothing; one that comes to the place is told as if it had come.
    const two = await door.tell(2, { running: "elsewhere" }, ["site", "aula-2"]);
    await door.fleet.change(two, { place: ["site", "aula-1"] }, { name: "ana" });
    const [added, ready] = [await events.next(), await events.next()];
    expect([added.event, ready.event]).toEqual(["added", "ready"]);
    expect(ready.data).toMatchObject({
      id: "m2",
      minion: { id: "m2", running: "elsewhere", os: { hostname: "kvm570" } },
    });

    // Of fields that were not asked for nothing is told.
    await door.status.put(one, { patch: { uplink: { host: "other", port: 1 } } }, "bolt");
    await door.status.put(one, { patch: { running: false } }, "bolt");
    const changed = await events.next();
    expect(changed.data).toMatchObject({ id: "m1", parts: ["running"], minion: { id: "m1", running: false } });

    await door.fleet.change(one, { place: ["site", "aula-2"] }, { name: "ana" });
    const left = await events.next();
    expect([left.event, left.data]).toMatchObject(["removed", { id: "m1" }]);
    await door.offline(2);
    const gone = await events.next();
    expect([gone.event, gone.data]).toMatchObject(["removed", { id: "m2" }]);

    // The same hosts are picked as then: it goes on. Others are: nobody knows who came and went.
    const resumed = reader(await door.ask(path, { headers: { "last-event-id": gone.id! } }));
    await door.online(2);
    await door.status.put(two, { patch: { running: true } }, "bolt");
    expect((await resumed.next()).event).toBe("added");
    const stale = reader(await door.ask(path, { headers: { "last-event-id": changed.id! } }));
    expect((await stale.next()).event).toBe("reset");
    const other = reader(await door.ask("/minions/events", { headers: { "last-event-id": gone.id! } }));
    expect((await other.next()).event).toBe("reset");
    for (const wrong of ["selector=lab:", "selector=group:none", "since=x"])
      expect((await door.ask(`/minions/events?${wrong}`)).status).toBeGreaterThanOrEqual(400);
  });

  test("says what the tower itself is, with whom it has, as far as one may see", async () => {
    await using store = await open();
    await using door = await openDoor(store);
    const empty = await door.ask("/status");
    expect(await empty.json()).toMatchObject({ id: "tower-1", running: true, minions: [] });
    await door.tell(1, {}, ["site", "aula-1"]);
    await door.tell(2, {}, ["site", "aula-2"]);
    const text = await (await door.ask("/status")).text();
    const status = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(status)).toEqual(
      ["id", "instance", "activated", "running", "env", "atalaya", "haveCredentials", "config", "os", "uplink"].concat([
        "clients",
        "packages",
        "services",
        "instances",
        "minions",
      ]),
    );
    expect(status["minions"]).toEqual(await (await door.ask("/minions")).json());
    const old = await (await door.ask("/status", { door: "tower" })).text();
    expect(old).toBe(JSON.stringify(JSON.parse(old), null, 2));
    const own = await (await door.ask("/status", { actor: viewer(["site/aula-1"]) })).json();
    expect((own as { minions: { id: string }[] }).minions.map(({ id }) => id)).toEqual(["m1"]);
    const metrics = { name: "token:metrics", permissions: new Set(["server.read" as const]) };
    expect(await (await door.ask("/status", { actor: metrics })).json()).toMatchObject({
      clients: null,
      minions: null,
    });
    const user = { name: "pam:eva", permissions: new Set(roles.user) };
    expect((await door.ask("/status", { actor: user })).status).toBe(403);
  });

  test("counts as the original where that is set", async () => {
    await using store = await open();
    await using door = await openDoor(store, { legacyDigests: true });
    const host = await door.tell(1, { id: "30a2a131-f812-4666-bb69-c443f7e3a901" });
    const head = await door.ask("/minions", { method: "HEAD" });
    expect(head.headers.get("content-md5")).toBe("266261b54e7c94fe8ee2580c7dca2696");
    const one = await door.ask("/minions/30a2a131-f812-4666-bb69-c443f7e3a901", { method: "HEAD" });
    expect(one.headers.get("content-md5")).toBe("cee3f585310dde1076a8335ba26cb3cd");
    await door.status.put(host, { patch: { running: false } }, "bolt");
    const later = await door.ask("/minions", { method: "HEAD" });
    expect(later.headers.get("content-md5")).toBe(head.headers.get("content-md5"));
    expect(later.headers.get("etag")).not.toBe(head.headers.get("etag"));
  });

  test("counts any list as the original where that is set, and still sends what changed", async () => {
    await using store = await open();
    await using door = await openDoor(store, { legacyDigests: true });
    const host = await door.tell(1, { id: "a1" });
    await door.tell(2, { id: "b2" });
    await door.tell(3, { id: "c3" });
    const digestOf = async (path: string) => (await door.ask(path, { method: "HEAD" })).headers.get("content-md5");
    expect(await digestOf("/minions?selector=name:pc-01")).toBe("8a8bb7cd343aa2ad99b7d762030857a2");
    expect(await digestOf("/minions?selector=name:pc-[01-02]")).toBe("f2e49af795161e14acf9d9245473a368");
    expect(await digestOf("/minions?selector=name:pc-[01-02]&state=all")).toBe("f2e49af795161e14acf9d9245473a368");
    for (const path of ["/minions?live=off", "/minions/a1?live=off", "/minions?live=off&selector=all"]) {
      const before = await door.ask(path);
      await door.status.put(host, { patch: { os: { hostname: path } } }, "bolt");
      for (const known of [before.headers.get("etag")!, `"${before.headers.get("content-md5")}"`])
        expect([path, (await door.ask(path, { headers: { "if-none-match": known } })).status]).toEqual([path, 200]);
    }
  });
});

test("events tell true digests also where checksums are as the original counts them: it had no events", async () => {
  await using store = await engines[0]!.open();
  await using door = await openDoor(store, { legacyDigests: true });
  await door.tell(1, { id: "a1" });
  const events = reader(await door.ask("/minions/events"));
  const { digest } = (await events.next()).data as { readonly digest: string };
  const list = await door.ask("/minions?live=off", { headers: { "if-none-match": `"${digest}"` } });
  expect([list.status, list.headers.get("content-md5")]).toEqual([304, "8a8bb7cd343aa2ad99b7d762030857a2"]);
  await door.tell(2, { id: "b2" });
  const ready = await events.next().then(() => events.next());
  const path = "/minions/b2?live=off";
  const own = `"${(ready.data as { readonly digest: string }).digest}"`;
  expect((await door.ask(path, { headers: { "if-none-match": own } })).status).toBe(304);
  door.events.drain();
});

/** Events of a stream, one by one. */
function reader(answer: Response) {
  const source = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    async next(): Promise<{ readonly event: string; readonly id: string | undefined; readonly data: unknown }> {
      for (;;) {
        const end = text.indexOf("\n\n");
        if (end >= 0) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const fields = new Map(block.split("\n").map((line) => line.split(/: (.*)/s) as [string, string]));
          const event = fields.get("event");
          if (event !== undefined)
            return { event, id: fields.get("id"), data: JSON.parse(fields.get("data") ?? "null") };
          continue;
        }
        const { value, done } = await source.read();
        if (done) throw new Error("over");
        text += decoder.decode(value, { stream: true });
      }
    },
  };
}
