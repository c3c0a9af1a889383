import { AtalayaError } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { silentLog } from "../platform/log/index.ts";
import type { Actor } from "./actor.ts";
import { heardAudit } from "./audit.testing.ts";
import { mount } from "./mount.ts";
import { route, routes } from "./route.ts";

const params = z.object({ thing: z.string().max(20) });
const about = { tags: ["things"], permission: "fleet.write", summary: "A thing", params } as const;
const path = "/things/{thing}";

const things = routes()
  .openapi(
    route({ ...about, path, method: "put", operationId: "putThing", audit: "group.change", responses: { 204: null } }),
    (c) => {
      const { thing } = c.req.valid("param");
      if (thing === "busy") throw new AtalayaError("request.conflict", "Not now.");
      if (thing === "broken") throw new Error("the password is hunter2");
      if (thing === "same") c.var.audit.changedNothing();
      c.var.audit.note({ targets: ["thing_123456789"], details: { size: 3 } });
      return c.body(null, 204);
    },
  )
  .openapi(
    route({ ...about, path, method: "post", operationId: "tryThing", audit: "none", responses: { 204: null } }),
    (c) => c.body(null, 204),
  )
  .openapi(route({ ...about, path, method: "get", operationId: "getThing", responses: { 204: null } }), (c) =>
    c.body(null, 204),
  );

const peer = { door: "public", address: "192.0.2.1", port: 1, hostName: async () => undefined } as const;
const writer: Actor = { name: "token:writer", token: "token_w", permissions: new Set(["fleet.write"]) };
const reader: Actor = { name: "token:reader", permissions: new Set(["fleet.read"]) };

function api(audit = heardAudit()) {
  const app = mount([{ at: "/api/v1", routes: things }], {
    audit,
    log: silentLog,
    authenticate: async (request) => {
      const said = request.headers.get("authorization");
      if (said === "bad") throw new AtalayaError("identity.invalid", "No such token.");
      return said === "w" ? writer : said === "r" ? reader : undefined;
    },
  });
  const call = (method: string, thing: string, as?: string) =>
    app.fetch(
      new Request(`https://localhost/api/v1/things/${thing}`, {
        method,
        headers: { "x-request-id": "req-1", ...(as === undefined ? {} : { authorization: as }) },
      }),
      { peer },
    );
  return { audit, call };
}

test("what a route changes is told: who, what, whom, from where, under which request", async () => {
  const { audit, call } = api();
  await call("PUT", "a", "w");
  expect(audit.entries).toEqual([
    {
      actor: writer,
      action: "group.change",
      targets: ["thing:a", "thing_123456789"],
      details: { size: 3 },
      address: "192.0.2.1",
      requestId: "req-1",
      outcome: "done",
    },
  ]);
});

test.each([
  ["by the handler", "busy", "w", "token:writer", { outcome: "refused", code: "request.conflict" }],
  ["for want of a permission", "a", "r", "token:reader", { outcome: "refused", code: "identity.forbidden" }],
  ["for want of credentials", "a", undefined, "nobody", { outcome: "refused", code: "identity.missing" }],
  ["for wrong credentials", "a", "bad", "nobody", { outcome: "refused", code: "identity.invalid" }],
  ["by a schema", "x".repeat(30), "w", "token:writer", { outcome: "refused", code: "request.malformed" }],
  ["by an error of ours", "broken", "w", "token:writer", { outcome: "failed", code: "server.internal" }],
])("what is refused %s is told, too", async (_, thing, as, name, how) => {
  const { audit, call } = api();
  await call("PUT", thing, as);
  expect(audit.entries).toHaveLength(1);
  expect(audit.entries[0]).toMatchObject({ action: "group.change", targets: [`thing:${thing}`], ...how });
  expect(audit.entries[0]!.actor.name).toBe(name);
  expect(JSON.stringify(audit.entries)).not.toContain("hunter2");
});

test("what changes nothing leaves no entry", async () => {
  const { audit, call } = api();
  await call("POST", "a", "w");
  await call("GET", "a", "w");
  await call("PUT", "same", "w");
  expect(audit.entries).toEqual([]);
});

test("nothing is changed while the log cannot be written", async () => {
  const audit = heardAudit();
  const { call } = api({
    ...audit,
    begin: async () => {
      throw new AtalayaError("audit.unavailable", "The disk is full.");
    },
  });
  const answer = await call("PUT", "a", "w");
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ code: "audit.unavailable" });
  expect(audit.entries).toMatchObject([{ outcome: "failed", code: "audit.unavailable" }]);
});

test("a route that could change something and names no action stops the server from starting", () => {
  const { audit: _, ...nameless } = { ...about, path, method: "put", operationId: "putThing", audit: "none" } as const;
  const forgetful = routes().openapi(
    route({ ...nameless, responses: { 204: null } } as never),
    (() => undefined) as never,
  );
  const needs = { audit: heardAudit(), log: silentLog, authenticate: async () => undefined };
  expect(() => mount([{ at: "/api/v1", routes: forgetful }], needs)).toThrow("names no audit action");
});
