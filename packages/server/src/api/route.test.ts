import { AtalayaError } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { z } from "zod";
import { heardAudit } from "./audit.testing.ts";
import { silentLog } from "../platform/log/index.ts";
import type { Actor } from "./actor.ts";
import { mount, type MountNeeds, type Part } from "./mount.ts";
import { Problem } from "./problem.ts";
import { route, routes } from "./route.ts";

const Thing = z.object({ id: z.string(), tags: z.array(z.string()), note: z.string().optional(), any: z.unknown() });
interface ThingValue {
  readonly id: string;
  readonly tags: readonly string[];
  readonly note?: string;
  readonly any: unknown;
}
const thing: ThingValue = { id: "thing_1", tags: ["a"], any: 1 };

const things = routes()
  .openapi(
    route({
      method: "get",
      path: "/things/{thing}",
      operationId: "getThing",
      permission: "fleet.read",
      summary: "A thing",
      tags: ["things"],
      params: z.object({ thing: z.string().max(8) }),
      query: z.object({ limit: z.coerce.number().int().default(3) }),
      responses: { 200: Thing },
    }),
    (c) => {
      const limit: number = c.req.valid("query").limit;
      return c.json({ ...thing, id: c.req.valid("param").thing, tags: [String(limit)] }, 200);
    },
  )
  .openapi(
    route({
      method: "post",
      path: "/things",
      operationId: "createThing",
      permission: "fleet.write",
      audit: "group.change",
      summary: "Make a thing",
      tags: ["things"],
      body: z.strictObject({ name: z.string(), size: z.int() }),
      maxBodyBytes: 200,
      responses: { 201: Thing },
    }),
    (c) => c.json({ ...thing, id: c.req.valid("json").name }, 201),
  )
  .openapi(
    route({
      method: "get",
      path: "/bytes",
      operationId: "getBytes",
      permission: "public",
      summary: "Bytes",
      tags: ["things"],
      responses: { 200: { raw: "application/octet-stream" } },
    }),
    () => new Response(new Uint8Array([1, 2, 3]), { headers: { "Cache-Control": "max-age=60" } }),
  )
  .openapi(
    route({
      method: "delete",
      path: "/things/{thing}",
      operationId: "deleteThing",
      permission: "fleet.write",
      audit: "group.delete",
      summary: "Drop a thing",
      tags: ["things"],
      params: z.object({ thing: z.string() }),
      responses: { 204: null },
    }),
    (c) => {
      if (c.req.valid("param").thing === "busy") {
        throw new AtalayaError("server.busy", "Later.", { details: { retryAfterMs: 2_500 }, next: "Wait." });
      }
      if (c.req.valid("param").thing === "broken") throw new Error("the password is hunter2");
      return c.body(null, 204);
    },
  );

const peer = { door: "public", address: "127.0.0.1", port: 1, hostName: async () => undefined } as const;
const reader: Actor = { name: "token:reader", permissions: new Set(["fleet.read"]) };
const writer: Actor = { name: "token:writer", permissions: new Set(["fleet.read", "fleet.write"]) };

function api(needs: Partial<MountNeeds> = {}, parts: readonly Part[] = [{ at: "/api/v1", routes: things }]) {
  const app = mount(parts, {
    audit: heardAudit(),
    log: silentLog,
    authenticate: async (request) => {
      const said = request.headers.get("authorization");
      if (said === null) return undefined;
      if (said === "Bearer w") return writer;
      if (said === "Bearer r") return reader;
      throw new AtalayaError("identity.invalid", "No such token.");
    },
    ...needs,
  });
  return async (path: string, init: RequestInit & { as?: string } = {}) => {
    const headers = new Headers(init.headers);
    if (init.as !== undefined) headers.set("authorization", `Bearer ${init.as}`);
    return app.fetch(new Request(`https://localhost/api/v1${path}`, { ...init, headers }), { peer });
  };
}

const problemOf = async (answer: Response) => Problem.parse(await answer.json());
const json = (value: unknown) => ({ body: JSON.stringify(value), headers: { "content-type": "application/json" } });

test("a route gets its request parsed by its schemas and answers", async () => {
  const answer = await api()("/things/t1?limit=7", { as: "r" });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ id: "t1", tags: ["7"], any: 1 });
});

test("every answer carries a request id and the headers of caution", async () => {
  const answer = await api()("/things/t1", { as: "r", headers: { "x-request-id": "mine-1" } });
  expect(answer.headers.get("x-request-id")).toBe("mine-1");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  expect(answer.headers.get("strict-transport-security")).toContain("max-age=");
});

test("an unsafe request id is replaced", async () => {
  const answer = await api()("/bytes", { headers: { "x-request-id": "a b" } });
  expect(answer.headers.get("x-request-id")).toMatch(/^req_[A-Za-z0-9_-]{16}$/);
});

test("without credentials, with wrong ones, without the permission: each is refused by its code", async () => {
  const ask = api();
  const missing = await ask("/things/t1");
  expect([missing.status, (await problemOf(missing)).code]).toEqual([401, "identity.missing"]);
  expect(missing.headers.get("www-authenticate")).toContain("Bearer");
  expect((await problemOf(await ask("/things/t1", { as: "x" }))).code).toBe("identity.invalid");
  const forbidden = await ask("/things/t1", { as: "r", method: "DELETE" });
  expect([forbidden.status, (await problemOf(forbidden)).code]).toEqual([403, "identity.forbidden"]);
});

test("a public route never looks at credentials", async () => {
  const answer = await api()("/bytes", { as: "x" });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("cache-control")).toBe("max-age=60");
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
});

test("a malformed body is refused with all that is wrong with it", async () => {
  const answer = await api()("/things", { as: "w", method: "POST", ...json({ name: 3, extra: 1 }) });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = await problemOf(answer);
  expect(problem).toMatchObject({
    type: "urn:atalaya:problem:request.malformed",
    title: "The request does not fit its schema.",
    status: 400,
    code: "request.malformed",
    requestId: answer.headers.get("x-request-id"),
  });
  expect(problem.details).toMatchObject({ issues: [{ path: "name" }, { path: "size" }, { in: "body", path: "" }] });
});

test("a query parameter that does not exist is refused, not ignored", async () => {
  const answer = await api()("/things/t1?limti=7", { as: "r" });
  expect((await problemOf(answer)).detail).toContain("limti");
});

test("what is not JSON is refused, by its type or by its text", async () => {
  const ask = api();
  const typed = await ask("/things", {
    as: "w",
    method: "POST",
    body: "name=1",
    headers: { "content-type": "text/plain" },
  });
  expect([typed.status, (await problemOf(typed)).code]).toEqual([415, "request.unsupported-type"]);
  const text = await ask("/things", {
    as: "w",
    method: "POST",
    body: "{",
    headers: { "content-type": "application/json" },
  });
  expect([text.status, (await problemOf(text)).code]).toEqual([400, "request.malformed"]);
});

test("a body over the route's limit is refused, even when its length was not announced", async () => {
  const big = json({ name: "x".repeat(300), size: 1 });
  const answer = await api()("/things", { as: "w", method: "POST", ...big });
  expect([answer.status, (await problemOf(answer)).code]).toEqual([413, "request.too-large"]);
});

test("unknown addresses and methods are told apart; HEAD is answered where GET is", async () => {
  const ask = api();
  const unknown = await ask("/nothing");
  expect([unknown.status, (await problemOf(unknown)).code]).toEqual([404, "route.unknown"]);
  const method = await ask("/things/t1", { method: "PATCH" });
  expect([method.status, (await problemOf(method)).code]).toEqual([405, "route.method-not-allowed"]);
  expect(method.headers.get("allow")).toBe("DELETE, GET, HEAD");
  const head = await ask("/bytes", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("a failure that waiting may cure says how long", async () => {
  const answer = await api()("/things/busy", { as: "w", method: "DELETE" });
  expect(answer.headers.get("retry-after")).toBe("3");
  expect(await answer.json()).toMatchObject({ status: 503, code: "server.busy", detail: "Later.", next: "Wait." });
});

test("an unforeseen error tells the caller nothing of the inside", async () => {
  const answer = await api()("/things/broken", { as: "w", method: "DELETE" });
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("hunter2");
});

test("requests are told to the metrics by the pattern of their route", async () => {
  const seen: string[] = [];
  const ask = api({ served: ({ method, path, status }) => void seen.push(`${method} ${path} ${status}`) });
  await ask("/things/t1", { as: "r" });
  await ask("/nothing");
  expect(seen).toEqual(["GET /api/v1/things/:thing 200", "GET unknown 404"]);
});

test("a route without a permission stops the start", () => {
  const bare = routes();
  bare.get("/open", (c) => c.text("hello"));
  expect(() => api({}, [{ at: "/api/v1", routes: bare }])).toThrow("GET /open names no permission");
});
