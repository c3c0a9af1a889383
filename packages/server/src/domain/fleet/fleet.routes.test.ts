import { describe, expect, test } from "vitest";
import { heardAudit } from "../../api/audit.testing.ts";
import type { Actor } from "../../api/actor.ts";
import { mount } from "../../api/mount.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { FleetRoom } from "./create-fleet.ts";
import { fleetRoutes } from "./fleet.routes.ts";
import { handClock, linkOf, newcomer, openFleet } from "./fleet.testing.ts";

const peer = { door: "public", address: "192.0.2.7", port: 1, hostName: async () => undefined } as const;
const write = new Set(["fleet.read", "fleet.write"] as const);
const actors: Readonly<Record<string, Actor>> = {
  operator: { name: "token:operator", permissions: write },
  viewer: { name: "token:viewer", permissions: new Set(["fleet.read"]) },
  teacher: { name: "token:teacher", permissions: write, places: ["site-a/aula-1"] },
};

function api(fleet: FleetRoom) {
  const app = mount([{ at: "/api/v1", routes: fleetRoutes({ fleet, clock: handClock() }) }], {
    audit: heardAudit(),
    log: silentLog,
    authenticate: async (request) => actors[request.headers.get("authorization") ?? ""],
  });
  return async (method: string, path: string, body?: unknown, as = "operator") => {
    const request = new Request(`https://localhost/api/v1${path}`, {
      method,
      headers: { authorization: as, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await app.fetch(request, { peer });
    const text = await answer.text();
    return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
  };
}

async function lab(fleet: FleetRoom) {
  const first = await fleet.attach(newcomer(1, { place: ["site-a", "aula-1"] }));
  await fleet.attach(newcomer(2, { place: ["site-a", "aula-1"] }));
  await fleet.attach(newcomer(10, { place: ["site-a", "aula-2"] }));
  await fleet.attach(newcomer(3));
  await fleet.linkUp(linkOf(first, 1));
  await fleet.learn(first.host, { os: { id: "debian", version: "12" }, cpu: { cores: 4 } }, "d");
  return first;
}

const { open } = engines[0]!;

describe("the fleet's routes", () => {
  test("list hosts by selector, page by page, in natural order", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await lab(fleet);
    const call = api(fleet);
    const first = await call("GET", "/hosts?limit=3");
    expect(first.body.items.map((host: { name: string }) => host.name)).toEqual(["pc-01", "pc-02", "pc-03"]);
    const second = await call("GET", `/hosts?limit=3&cursor=${first.body.next}`);
    expect(second.body).toMatchObject({
      items: [{ name: "pc-10", place: "site-a/aula-2" }],
      revision: fleet.revision(),
    });
    expect(second.body.next).toBeUndefined();
    const one = await call("GET", `/hosts?selector=${encodeURIComponent("lab:aula-1 and state:online")}`);
    expect(one.body.items).toEqual([
      {
        id: expect.stringMatching(/^host_/),
        name: "pc-01",
        state: "online",
        place: "site-a/aula-1",
        labels: {},
        os: { id: "debian", version: "12" },
        agentVersion: "1.0.0",
        lastSeenAt: 1_700_000_000_000,
        addresses: ["10.0.0.1"],
        system: { kind: "os", name: "sda2" },
        capabilities: ["exec"],
        doors: [{ kind: "agent", name: "enr_1", state: "online", address: "10.0.0.1", lastSeenAt: expect.any(Number) }],
        revision: expect.any(Number),
      },
    ]);
  });

  test("refuse a wrong selector, saying where and what was expected", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const { status, body } = await api(fleet)("GET", `/hosts?selector=${encodeURIComponent("pc-01 pc-02")}`);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      code: "selector.malformed",
      details: { position: 7, expected: ["`and`", "`or`", "the end"], caret: "pc-01 pc-02\n      ^" },
    });
  });

  test("show a host by id or name, and what happened to it", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await lab(fleet);
    const call = api(fleet);
    const { body } = await call("GET", "/hosts/PC-01");
    expect(body).toMatchObject({
      facts: { cpu: { cores: 4 } },
      systems: [{ kind: "os", name: "sda2", enrolment: "enr_1", state: "online" }],
      proposals: [],
    });
    expect((await call("GET", `/hosts/${body.id}`)).body).toEqual(body);
    const history = await call("GET", "/hosts/pc-01/history?limit=1");
    expect(history.body.items).toEqual([
      {
        at: 1_700_000_000_000,
        event: "connected",
        address: "10.0.0.1",
        agentVersion: "1.0.0",
        epoch: 0,
        system: "os:sda2",
      },
    ]);
    expect((await call("GET", `/hosts/pc-01/history?cursor=${history.body.next}`)).body.items).toMatchObject([
      { event: "created" },
    ]);
    expect(await call("GET", "/hosts/nobody")).toMatchObject({ status: 404, body: { code: "host.unknown" } });
  });

  test("change, merge, release and forget hosts", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    const { host } = await lab(fleet);
    const call = api(fleet);
    expect(await call("PATCH", "/hosts/pc-02", { name: "srv", labels: { a: "1" }, place: null })).toMatchObject({
      status: 200,
      body: { name: "srv", labels: { a: "1" }, place: null },
    });
    expect(await call("PATCH", "/hosts/srv", { labels: { a: null } })).toMatchObject({ body: { labels: {} } });
    expect(await call("PATCH", "/hosts/srv", { name: "pc-01" })).toMatchObject({
      status: 409,
      body: { code: "host.name-taken" },
    });
    expect(await call("PATCH", "/hosts/srv", { name: "a b" })).toMatchObject({
      status: 400,
      body: { code: "request.malformed" },
    });
    expect(await call("PATCH", "/hosts/srv", { colour: "red" })).toMatchObject({ status: 400 });
    expect(await call("PATCH", "/hosts/srv", { name: "x" }, "viewer")).toMatchObject({ status: 403 });
    expect(await call("DELETE", "/hosts/srv/proposals/pc-01")).toMatchObject({
      status: 409,
      body: { code: "request.conflict" },
    });
    expect(await call("POST", "/hosts/srv/merge", { into: "pc-01" })).toMatchObject({
      status: 200,
      body: { name: "pc-01" },
    });
    expect(await call("DELETE", "/hosts/pc-01")).toMatchObject({ status: 409, body: { code: "host.online" } });
    expect(await call("DELETE", "/hosts/pc-03")).toMatchObject({ status: 204 });
    expect(await call("GET", "/hosts/pc-03")).toMatchObject({ status: 404 });
    await fleet.quarantine(host, "link.cloned");
    expect(await call("POST", "/hosts/pc-01/release")).toMatchObject({ status: 200, body: { state: "online" } });
    expect(await call("POST", "/hosts/pc-01/release")).toMatchObject({ status: 409 });
  });

  test("show places and keep groups", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await lab(fleet);
    const call = api(fleet);
    expect((await call("GET", "/places")).body.items).toEqual([
      { path: "site-a", hosts: 3, online: 1 },
      { path: "site-a/aula-1", hosts: 2, online: 1 },
      { path: "site-a/aula-2", hosts: 1, online: 0 },
    ]);
    const group = {
      name: "a1",
      selector: "lab:aula-1",
      description: "the first",
      changedAt: 1_700_000_000_000,
      changedBy: "token:operator",
    };
    expect(await call("PUT", "/groups/a1", { selector: " lab:aula-1 ", description: "the first" })).toEqual({
      status: 200,
      body: group,
    });
    expect((await call("GET", "/groups/a1")).body).toEqual(group);
    expect((await call("GET", "/groups")).body).toEqual({ items: [group] });
    expect((await call("GET", "/hosts?selector=@a1")).body.items).toHaveLength(2);
    expect(await call("PUT", "/groups/a1", { selector: "@a1" })).toMatchObject({
      status: 422,
      body: { code: "group.circular" },
    });
    expect(await call("PUT", "/groups/a%20b", { selector: "all" })).toMatchObject({ status: 400 });
    expect(await call("DELETE", "/groups/a1")).toMatchObject({ status: 204 });
    expect(await call("GET", "/groups/a1")).toMatchObject({ status: 404, body: { code: "group.unknown" } });
  });

  test("preview what a selector hits", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await lab(fleet);
    const call = api(fleet);
    expect((await call("POST", "/selectors/preview", { selector: "pc-[01-10]", limit: 1 })).body).toMatchObject({
      selector: "name:pc-[01-10]",
      count: 4,
      states: { online: 1, offline: 3 },
      hosts: [{ name: "pc-01", state: "online", place: "site-a/aula-1" }],
      folded: "pc-[01-03,10]",
    });
    await call("DELETE", "/hosts/pc-10");
    expect((await call("POST", "/selectors/preview", { selector: "pc-[01-10]" })).body.difference).toEqual({
      since: 1_700_000_000_000,
      added: [],
      removed: ["pc-10"],
    });
  });

  test("show who is limited to places nothing else, and let them change nothing else", async () => {
    await using store = await open();
    await using fleet = await openFleet(store);
    await lab(fleet);
    const call = api(fleet);
    expect((await call("GET", "/hosts", undefined, "teacher")).body.items).toHaveLength(2);
    expect(
      (await call("GET", "/places", undefined, "teacher")).body.items.map((place: { path: string }) => place.path),
    ).toEqual(["site-a", "site-a/aula-1"]);
    expect((await call("POST", "/selectors/preview", { selector: "all" }, "teacher")).body.count).toBe(2);
    for (const host of ["pc-03", "pc-10", fleet.directory.byName("pc-10")!.id]) {
      expect(await call("GET", `/hosts/${host}`, undefined, "teacher")).toMatchObject({ status: 404 });
      expect(await call("DELETE", `/hosts/${host}`, undefined, "teacher")).toMatchObject({ status: 404 });
    }
    expect(await call("POST", "/hosts/pc-02/merge", { into: "pc-10" }, "teacher")).toMatchObject({ status: 404 });
    for (const place of ["site-a/aula-2", "site-a", "site-a/aula-11", null]) {
      expect(await call("PATCH", "/hosts/pc-02", { place }, "teacher")).toMatchObject({ status: 403 });
    }
    expect(await call("PUT", "/groups/mine", { selector: "all" }, "teacher")).toMatchObject({ status: 403 });
    expect(await call("PATCH", "/hosts/pc-02", { labels: { a: "b" } }, "teacher")).toMatchObject({ status: 200 });
  });
});
