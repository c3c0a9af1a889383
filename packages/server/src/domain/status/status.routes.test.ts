import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { mount } from "../../api/mount.ts";
import { roles } from "../../api/permissions.ts";
import { movableClock } from "../../platform/clock.testing.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { openTower, sample } from "./status.testing.ts";
import { statusRoutes } from "./status.routes.ts";
import { statusTopic } from "./topic.ts";

const viewer = (places?: readonly string[]): Actor => ({
  name: "token:viewer",
  permissions: new Set(roles.viewer),
  ...(places === undefined ? {} : { places }),
});

describe.each(engines)("statuses for people on $name", ({ open }) => {
  test("are listed, shown as they were, and compared, each within one's places", async () => {
    await using store = await open();
    const clock = movableClock();
    await using tower = await openTower(store, clock);
    const { status, fleet } = tower;
    const { host } = await tower.online(1, { place: ["site", "aula-1"] });
    await tower.online(2, { place: ["site", "aula-2"] });
    await status.put(host, { whole: sample }, "bolt");
    const first = status.revision;
    clock.move(1_000);
    await status.put(host, { patch: { uplink: { host: "other", port: 443 } } }, "bolt");

    const ask = async (path: string, actor = viewer()) => {
      const app = mount([{ at: "/", routes: statusRoutes({ status, fleet }) }], {
        authenticate: async () => actor,
        audit: {} as never,
        log: silentLog,
      });
      const peer = { door: "public" as const, address: "192.0.2.1", port: 1, hostName: async () => undefined };
      const answer = await app.fetch(new Request(`https://tower${path}`), { peer });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    const list = (await ask("/status?limit=1")).body;
    expect(list).toMatchObject({ digest: status.list({}).digest, items: [{ host: { name: "pc-01" }, listed: true }] });
    expect((await ask("/status?selector=lab:aula-2&state=all")).body["items"]).toEqual([]);
    const one = (await ask("/hosts/pc-01/status")).body;
    expect(one).toMatchObject({ source: "bolt", status: { uplink: { host: "other" } } });
    const then = (await ask(`/hosts/pc-01/status/revisions/${first}`)).body;
    expect(then).toMatchObject({ revision: first, status: { uplink: sample["uplink"] } });
    const changes = (await ask("/hosts/pc-01/status/history?limit=1")).body;
    expect(changes).toMatchObject({ items: [{ parts: ["uplink"] }], next: expect.any(String) as string });
    const older = (await ask(`/hosts/pc-01/status/history?limit=1&cursor=${String(changes["next"])}`)).body;
    expect(older).toMatchObject({ items: [{ revision: first }] });
    const diff = (await ask(`/hosts/pc-01/status/diff?from=${first}&to=${String(one["revision"])}`)).body;
    expect(diff["differences"]).toEqual([
      { path: "uplink/host", kind: "changed", before: "stormtower.dev.intercloud.net", after: "other" },
    ]);
    for (const path of ["", "/history", `/revisions/${first}`, `/diff?from=${first}&to=${first}`])
      expect((await ask(`/hosts/pc-01/status${path}`, viewer(["site/aula-2"]))).status).toBe(404);
    expect((await ask("/hosts/pc-02/status")).body["code"]).toBe("status.unknown");
    expect((await ask("/hosts/pc-01/status/diff?from=0&to=1")).body["code"]).toBe("status.no-revision");
  });

  test("are followed live, from the beginning or from where somebody stopped", async () => {
    await using store = await open();
    await using tower = await openTower(store, movableClock());
    const { status, fleet } = tower;
    const { host } = await tower.online(1, { place: ["site", "aula-1"] });
    await status.put(host, { whole: { ...sample, id: "one" } }, "bolt");
    const topic = statusTopic({ status, fleet });
    const reader = await topic.open({}, undefined, viewer());
    const begun = await reader.read(undefined);
    expect(begun.events).toMatchObject([{ type: "ready", id: "one", host: { name: "pc-01" } }]);
    await status.put(host, { patch: { running: false } }, "bolt");
    expect((await reader.read(begun.cursor)).events).toMatchObject([{ type: "changed", parts: ["running"] }]);
    const elsewhere = await topic.open({}, undefined, viewer(["site/aula-2"]));
    expect((await elsewhere.read(begun.cursor)).events).toEqual([]);
    const ahead = await reader.read(1_000_000);
    expect(ahead.events.map(({ type }) => type)).toEqual(["status-reset", "ready"]);
    await fleet.change(host, { place: ["site", "aula-2"] }, { name: "test" });
    const left = await topic.open({}, undefined, viewer(["site/aula-1"]));
    await expect
      .poll(async () => (await left.read(begun.cursor)).events.map(({ type }) => type))
      .toEqual(["changed", "removed"]);
    expect((await elsewhere.read(begun.cursor)).events.map(({ type }) => type)).toEqual(["ready"]);
    await expect(topic.open({ selector: "((" }, undefined, viewer())).rejects.toMatchObject({
      code: "selector.malformed",
    });
  });
});
