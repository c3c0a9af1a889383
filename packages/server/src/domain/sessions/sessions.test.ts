import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { openSessionKeys } from "./session-keys.ts";
import { accountNamed, jumpingClock, machine, openWorld, OWN } from "./sessions.testing.ts";

const HOUR = 3_600_000;

describe.each(engines)("sessions on $name", ({ open }) => {
  test("a link signs in once, with a cookie that pages cannot read and a record that holds no secret", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const { call } = world;
    const local = await world.room.links.make(
      { role: "admin", expiresInMs: 60_000 },
      { name: "local", permissions: new Set(["identity.write", ...adminPermissions]) },
    );
    const token = local.path.replace("/sign-in#link=", "");
    const first = await call("POST", "/session", { body: { kind: "link", token } });
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ actor: { name: "link", role: "admin" }, secondFactor: "none" });
    expect(first.setCookie).toMatch(
      /^__Host-atalaya-session=1\.[\w.-]+; Path=\/; Max-Age=3600; Secure; HttpOnly; SameSite=Strict$/,
    );
    const again = await call("POST", "/session", { body: { kind: "link", token } });
    expect(again).toMatchObject({ status: 401, body: { code: "identity.wrong-credentials" } });

    const rows = await store
      .tables<{ sessions_session: { hash: string }; sessions_link: object }>()
      .read(async (db) => [
        ...(await db.selectFrom("sessions_session").selectAll().execute()),
        ...(await db.selectFrom("sessions_link").selectAll().execute()),
      ]);
    const secret = first.cookie!.split(".")[3]!;
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(JSON.stringify(rows)).not.toContain(token);
    expect(world.records.map(({ outcome, code }) => code ?? outcome)).toEqual(["done", "identity.wrong-credentials"]);
  });

  test("a link that has expired lets nobody in", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const local = { name: "local", permissions: new Set(adminPermissions) };
    const { path } = await world.room.links.make({ role: "admin", expiresInMs: 1_000 }, local);
    world.pass(1_000);
    const late = await world.call("POST", "/session", { body: { kind: "link", token: path.split("link=")[1] } });
    expect(late).toMatchObject({ status: 401, body: { code: "identity.wrong-credentials" } });
  });

  test("the cookie names who asks, and is stamped anew while it is used", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const browser = await world.signedInByLink();
    const soon = await browser.call("GET", "/session");
    expect(soon).toMatchObject({ status: 200, body: { actor: { name: "link" }, csrf: browser.session.csrf } });
    expect(soon.setCookie).toBeUndefined();

    let { headers } = browser;
    for (let hour = 0.5; hour < 9.9; hour += 0.5) {
      world.pass(0.5 * HOUR);
      const answer = await world.call("GET", "/session", { headers });
      expect(answer.status).toBe(200);
      expect(answer.setCookie).toBeDefined();
      headers = { ...headers, cookie: answer.cookie! };
    }
    // Used all the time, it ends all the same.
    world.pass(0.5 * HOUR);
    expect(await world.call("GET", "/session", { headers })).toMatchObject({
      status: 401,
      body: { code: "identity.expired" },
    });
  });

  test("an unused session ends; so does an old copy of a cookie whose session is in use", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const browser = await world.signedInByLink();
    world.pass(0.9 * HOUR);
    const renewed = await browser.call("GET", "/session");
    world.pass(0.5 * HOUR);
    const fresh = { ...browser.headers, cookie: renewed.cookie! };
    expect((await world.call("GET", "/session", { headers: fresh })).status).toBe(200);
    expect((await browser.call("GET", "/session")).body.code).toBe("identity.expired");
    world.pass(HOUR);
    expect((await world.call("GET", "/session", { headers: fresh })).body.code).toBe("identity.expired");
  });

  test("forged and tampered cookies, and those of a forgotten key, are refused", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const browser = await world.signedInByLink();
    const [name, value] = browser.headers.cookie.split("=") as [string, string];
    const parts = value.split(".");
    const later = [...parts.slice(0, 2), (Date.now() * 2).toString(36), ...parts.slice(3)].join(".");
    const flipped = `${value.slice(0, -2)}${value.at(-2) === "A" ? "B" : "A"}${value.slice(-1)}`;
    for (const cookie of [later, flipped, "1", "2|1:0|10:1700000000|4:user|4:YW5h|2c693ba021f93b5d", ""]) {
      const answer = await world.call("GET", "/session", {
        headers: { ...browser.headers, cookie: `${name}=${cookie}` },
      });
      expect(answer).toMatchObject({ status: 401, body: { code: "identity.invalid" } });
    }

    await world.room.keys.rotate({ forget: false });
    const kept = await browser.call("GET", "/session");
    expect(kept.status).toBe(200);
    await world.room.keys.rotate({ forget: true });
    expect((await browser.call("GET", "/session")).body.code).toBe("identity.invalid");
  });

  test("without the session's own text no page changes anything, and another origin's page not even with it", async () => {
    await using store = await open();
    await using world = await openWorld(store);
    const { headers, call } = await world.signedInByLink();
    const wish = { name: "stolen", role: "viewer" };
    const tries: readonly (readonly [string, Record<string, string>])[] = [
      ["identity.csrf", { cookie: headers.cookie, origin: OWN }],
      ["identity.csrf", { ...headers, "x-atalaya-csrf": `${headers["x-atalaya-csrf"]}x` }],
      ["identity.foreign-origin", { ...headers, origin: "https://evil.example" }],
      ["identity.foreign-origin", { ...headers, origin: "null" }],
      ["identity.foreign-origin", { ...headers, origin: "http://tower.example" }],
      ["identity.foreign-origin", { ...headers, origin: `${OWN}:8443` }],
      ["identity.foreign-origin", { ...headers, "sec-fetch-site": "same-site" }],
      ["identity.foreign-origin", { ...headers, "sec-fetch-site": "cross-site" }],
    ];
    for (const [code, sent] of tries) {
      const answer = await world.call("POST", "/api-tokens", { headers: sent, body: wish });
      expect([answer.status, answer.body.code]).toEqual([403, code]);
    }
    expect((await call("GET", "/api-tokens")).body.items).toEqual([]);
    expect((await call("POST", "/api-tokens", wish)).status).toBe(201);
  });

  test("another site's page cannot sign somebody in", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: machine([accountNamed("ana", [])]) });
    const body = { kind: "pam", account: "ana", password: "ana-pw" };
    const answer = await world.call("POST", "/session", { body, headers: { origin: "https://evil.example" } });
    expect(answer).toMatchObject({ status: 403, body: { code: "identity.foreign-origin" } });
    expect(answer.setCookie).toBeUndefined();
    expect((await world.call("POST", "/session", { body, headers: { origin: OWN } })).status).toBe(200);
  });

  test("signing out ends the session, and everywhere ends them all", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: machine([accountNamed("ana", [])]) });
    const [one, two, three] = [await world.signedIn("ana"), await world.signedIn("ana"), await world.signedIn("ana")];
    const left = await one.call("DELETE", "/session");
    expect(left.status).toBe(204);
    expect(left.setCookie).toMatch(/Max-Age=0/);
    expect((await one.call("GET", "/session")).body.code).toBe("identity.invalid");

    const listed = await two.call("GET", "/sessions");
    expect(listed.body.items.map(({ id, current }: { id: string; current: boolean }) => [id, current])).toEqual([
      [three.session.id, false],
      [two.session.id, true],
    ]);
    expect((await two.call("DELETE", "/sessions")).body).toEqual({ ended: 2 });
    expect((await three.call("GET", "/session")).status).toBe(401);
    expect(await world.room.sessions.ended([two.session.id, three.session.id])).toMatchObject({ size: 2 });
  });

  test("sessions of others are seen and ended only with the permission", async () => {
    await using store = await open();
    await using world = await openWorld(store, {
      pam: machine([accountNamed("ana", []), accountNamed("root2", ["sudo"])]),
    });
    const ana = await world.signedIn("ana");
    const admin = await world.signedIn("root2");
    expect((await ana.call("GET", "/sessions?of=pam:root2")).body.code).toBe("identity.forbidden");
    expect((await ana.call("DELETE", "/sessions?of=pam:root2")).body.code).toBe("identity.forbidden");
    expect((await ana.call("DELETE", `/sessions/${admin.session.id}`)).body.code).toBe("session.unknown");
    expect((await admin.call("GET", "/sessions?of=pam:ana")).body.items).toHaveLength(1);
    expect((await admin.call("DELETE", `/sessions/${ana.session.id}`)).status).toBe(200);
    expect((await ana.call("GET", "/session")).status).toBe(401);
  });

  test("who is blocked or given another role is out at once, and in again with what holds then", async () => {
    await using store = await open();
    const pam = machine([accountNamed("ana", ["teachers"]), accountNamed("root2", ["sudo"])]);
    await using world = await openWorld(store, { pam });
    const admin = await world.signedIn("root2");
    const ana = await world.signedIn("ana");
    expect(ana.session.actor).toMatchObject({ account: "ana", role: "operator", places: ["centro/aula-1"] });

    expect((await admin.call("PATCH", "/users/pam:ana", { role: "viewer", places: ["centro"] })).body).toMatchObject({
      role: "viewer",
      places: ["centro"],
      override: { role: "viewer", places: ["centro"] },
    });
    expect((await ana.call("GET", "/session")).status).toBe(401);
    expect((await world.signedIn("ana")).session.actor).toMatchObject({ role: "viewer", places: ["centro"] });

    expect((await admin.call("PATCH", "/users/pam:ana", { blocked: true })).body.blocked.by).toBe("pam:root2");
    await expect(world.signedIn("ana")).rejects.toThrow("identity.blocked");
    expect((await admin.call("PATCH", "/users/pam:root2", { blocked: true })).body.code).toBe("request.conflict");
    await admin.call("PATCH", "/users/pam:ana", { blocked: false, role: null, places: null });
    expect((await world.signedIn("ana")).session.actor).toMatchObject({ role: "operator", places: ["centro/aula-1"] });
  });
});

test("the key of cookies is the owner's alone, random, and kept over restarts", async () => {
  await using store = await engines[0]!.open();
  await using world = await openWorld(store);
  const file = join(world.data, "session.keys");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { clock, pass } = jumpingClock();
  const options = { clock, believedMs: 1_000 };
  const keys = await openSessionKeys(file, options);
  expect(keys.current()).toEqual(world.room.keys.current());

  const { id } = keys.current();
  await keys.rotate({ forget: false });
  expect(keys.current().id).not.toBe(id);
  expect(keys.named(id)).toBeDefined();
  expect((await openSessionKeys(file, options)).named(id)).toBeDefined();
  pass(1_000);
  expect(keys.named(id)).toBeUndefined();
  await keys.rotate({ forget: true });
  expect(await readFile(file, "utf8")).not.toContain(id);

  await writeFile(file, "[]");
  await expect(openSessionKeys(file, options)).rejects.toMatchObject({ code: "data.damaged" });
});

const adminPermissions = (await import("../../api/permissions.ts")).roles.admin;
