import { afterAll, beforeAll, expect, test } from "vitest";
import { heardAudit } from "../../api/audit.testing.ts";
import type { Actor } from "../../api/actor.ts";
import { mount } from "../../api/mount.ts";
import { createLog } from "../../platform/log/index.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { enrolmentRoutes, joinTokenRoutes } from "./index.ts";
import { admin, machine, room, testPki } from "./room.testing.ts";

let pki: Pki;
beforeAll(async () => void (pki = await testPki()));
afterAll(() => pki[Symbol.asyncDispose]());

const viewer: Actor = { name: "viewer", permissions: new Set(["enrolment.read"]) };
const peer = { door: "public", address: "192.0.2.7", port: 1, hostName: async () => undefined } as const;
const { open } = engines[0]!;

function api(store: Store) {
  const desk = room(store, pki);
  const logged: string[] = [];
  const log = createLog({ level: "trace", destination: { write: (line: string) => void logged.push(line) } });
  const joinLine = (token: string) => ({ line: `join ${token}`, warning: "only loopback is listened on" });
  const app = mount(
    [
      { at: "/api/v1", routes: enrolmentRoutes(desk) },
      { at: "/api/v1", routes: joinTokenRoutes({ ...desk, joinLine }) },
    ],
    {
      audit: heardAudit(),
      log,
      authenticate: async (request) => (request.headers.get("authorization") === "admin" ? admin : viewer),
    },
  );
  const call = async (method: string, path: string, body?: unknown, as = "admin") => {
    const answer = await app.fetch(
      new Request(`https://localhost/api/v1${path}`, {
        method,
        headers: { authorization: as, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      { peer },
    );
    return { status: answer.status, body: JSON.parse(await answer.text()) };
  };
  return { call, logged, [Symbol.dispose]: () => desk[Symbol.dispose]() };
}

test("a join token is made with its line, lists itself without its secret, and is revoked", async () => {
  await using store = await open();
  using server = api(store);
  const { status, body } = await server.call("POST", "/join-tokens", {
    uses: 5,
    note: "aula 1",
    place: "centro/aula-1",
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    state: "usable",
    uses: 5,
    taken: 0,
    line: `join ${body.token}`,
    warning: expect.any(String),
  });
  expect(body.token).toMatch(new RegExp(`^atj_[A-Za-z0-9_-]{32}\\.${pki.caPin}$`));
  const listed = await server.call("GET", "/join-tokens", undefined, "viewer");
  expect(listed.body.items).toMatchObject([{ id: body.id, note: "aula 1", place: "centro/aula-1", createdBy: "test" }]);
  const secret = body.token.split(".")[0];
  expect(JSON.stringify(listed.body) + server.logged.join()).not.toContain(secret);
  expect((await server.call("DELETE", `/join-tokens/${body.id}`)).body).toMatchObject({ state: "revoked" });
  expect((await server.call("DELETE", "/join-tokens/jt_nothing_here")).body).toMatchObject({ code: "token.unknown" });
});

test("a machine waits, is accepted, and gets its certificate without any permission", async () => {
  await using store = await open();
  using server = api(store);
  const { request } = await machine(1);
  const { status, body } = await server.call("POST", "/enrolments", request, "nobody");
  expect({ status, body }).toMatchObject({ status: 200, body: { state: "pending" } });
  expect((await server.call("GET", "/enrolments?state=pending")).body.items).toMatchObject([
    { id: body.enrolment, address: "192.0.2.7", publicKey: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
  ]);
  expect((await server.call("POST", `/enrolments/${body.enrolment}/accept`, undefined, "viewer")).status).toBe(403);
  const accepted = await server.call("POST", `/enrolments/${body.enrolment}/accept`);
  expect(accepted).toMatchObject({ status: 200, body: { state: "accepted" } });
  expect((await server.call("POST", "/enrolments", request)).body).toMatchObject({ state: "accepted" });
  expect((await server.call("POST", `/enrolments/${body.enrolment}/revoke`)).body).toMatchObject({ state: "revoked" });
  expect((await server.call("POST", "/enrolments", request)).body).toMatchObject({ code: "certificate.revoked" });
  expect((await server.call("POST", `/enrolments/${body.enrolment}/reject`)).body).toMatchObject({
    code: "request.conflict",
    details: { state: "revoked" },
  });
});

test("a bad request is refused whole", async () => {
  await using store = await open();
  using server = api(store);
  const { request } = await machine(1);
  const codeOf = async (body: unknown) => (await server.call("POST", "/enrolments", body)).body.code;
  expect(await codeOf({ ...request, more: 1 })).toBe("request.malformed");
  expect(await codeOf({ ...request, fingerprint: { macs: ["nonsense"] } })).toBe("request.malformed");
  expect(await codeOf({ ...request, hostname: "x".repeat(70_000) })).toBe("request.too-large");
  expect((await server.call("POST", "/join-tokens", { place: "a//b" })).body.code).toBe("request.malformed");
  expect((await server.call("GET", "/enrolments")).body.items).toEqual([]);
});

test("a list comes in pages", async () => {
  await using store = await open();
  using server = api(store);
  for (let n = 1; n <= 3; n += 1) await server.call("POST", "/enrolments", (await machine(n)).request);
  const first = await server.call("GET", "/enrolments?limit=2");
  expect(first.body.items.map((item: { hostname: string }) => item.hostname)).toEqual(["pc3", "pc2"]);
  const second = await server.call("GET", `/enrolments?limit=2&cursor=${first.body.next}`);
  expect(second.body).toMatchObject({ items: [{ hostname: "pc1" }] });
  expect(second.body.next).toBeUndefined();
});
