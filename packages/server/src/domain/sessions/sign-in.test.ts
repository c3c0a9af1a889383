import { performance } from "node:perf_hooks";
import { type TOTP, URI } from "otpauth";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../platform/clock.ts";
import type { Pam } from "../../platform/pam/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { createEntrance } from "./entrance.ts";
import { failureStore } from "./failures.store.ts";
import { AtalayaError } from "@atalaya/protocol";
import { silentLog } from "../../platform/log/index.ts";
import { accountNamed, machine, openWorld } from "./sessions.testing.ts";

const ana = accountNamed("ana", ["teachers"]);
const people = () => machine([ana, accountNamed("admin", ["sudo"], 1002), accountNamed("daemon", [], 1)]);
const wrong = { status: 401, body: { code: "identity.wrong-credentials" } };

describe.each(engines)("signing in by password on $name", ({ open }) => {
  test("groups give the role, and whoever is in none of a rule stays outside", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    expect((await world.signedIn("ana")).session).toMatchObject({
      actor: { name: "pam:ana", account: "ana", role: "operator", places: ["centro/aula-1"] },
    });
    expect((await world.signedIn("admin")).session.actor).toMatchObject({ role: "admin" });
    await expect(world.signedIn("daemon")).rejects.toThrow("identity.no-role");
    expect(world.records.map(({ actor, outcome, code }) => [actor, code ?? outcome])).toEqual([
      ["pam:ana", "done"],
      ["pam:admin", "done"],
      ["pam:daemon", "identity.no-role"],
    ]);
  });

  test("guesses wait longer and longer, for accounts that exist and others alike, and many at once are no way around", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const guess = (account: string, address = "203.0.113.9") =>
      world.call("POST", "/session", { body: { kind: "pam", account, password: "guess" }, address });
    for (const account of ["ana", "nobody-there"]) {
      const answers = await Promise.all(Array.from({ length: 20 }, () => guess(account)));
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
      const locked = answers.find(({ status }) => status === 429);
      expect(locked!.body).toMatchObject({ code: "identity.locked-out" });
      expect(locked!.body.details.retryAfterMs).toBeGreaterThan(10_000);
    }
    // The right password is not tried either, but its owner elsewhere is not shut out.
    const body = { kind: "pam", account: "ana", password: "ana-pw" };
    expect((await world.call("POST", "/session", { body, address: "203.0.113.9" })).status).toBe(429);
    expect((await world.call("POST", "/session", { body, address: "192.0.2.7" })).status).toBe(200);

    world.pass(15_000);
    expect(await guess("ana")).toMatchObject(wrong);
    const next = await guess("ana");
    expect(next.body.details.retryAfterMs).toBeGreaterThan(15_000);
    world.pass(60 * 60_000);
    expect(await guess("ana")).toMatchObject(wrong);
  });

  test("one network that tries name after name is stopped, too", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const statuses: number[] = [];
    for (let at = 0; at < 40; at++) {
      const body = { kind: "pam", account: `name${at}`, password: "guess" };
      statuses.push((await world.call("POST", "/session", { body, address: `2001:db8::${at + 1}` })).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });

  test("many addresses that try one account are stopped, and who signed in from somewhere lately is not", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    await world.signedIn("ana");
    const guess = (at: number) =>
      world.call("POST", "/session", {
        body: { kind: "pam", account: "ANA ", password: "guess" },
        address: `198.51.100.${at}`,
      });
    const statuses = [];
    for (let at = 1; at <= 20; at++) statuses.push((await guess(at)).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(15);
    await world.signedIn("ana");
  });

  test("names that cannot be accounts are wrong like others and never reach PAM; what is no name is not written down", async () => {
    await using store = await open();
    const pam = people();
    await using world = await openWorld(store, { pam });
    for (const account of ["a:b", "a\nb", "-x", " ana", "ana\0", "/etc", "my secret password!"]) {
      const body = { kind: "pam", account, password: "x" };
      expect((await world.call("POST", "/session", { body })).body.code).toMatch(/wrong-credentials|locked-out/);
      world.pass(3_600_000);
    }
    expect(pam.asked.map(({ account }) => account)).toEqual(["my secret password!"]);
    expect(JSON.stringify(world.records)).not.toContain("secret");
  });

  test("root signs in only where a setting says so, and its password is not confirmed otherwise", async () => {
    await using store = await open();
    const pam = machine([accountNamed("root", ["sudo"], 0)]);
    await using closed = await openWorld(store, { pam });
    const body = { kind: "pam", account: "root", password: "root-pw" };
    const right = await closed.call("POST", "/session", { body });
    const guessed = await closed.call("POST", "/session", { body: { ...body, password: "guess" } });
    expect(right).toMatchObject(wrong);
    expect({ ...right.body, requestId: "" }).toEqual({ ...guessed.body, requestId: "" });
    await using open2 = await openWorld(store, { pam, signInRoot: true });
    expect((await open2.signedIn("root")).session.actor).toMatchObject({ name: "pam:root", role: "admin" });
  });

  test("what PAM says of an account is said to who knows its password, each by its code", async () => {
    await using store = await open();
    const codes = {
      expired: "identity.account-expired",
      locked: "identity.account-locked",
      "must-change": "identity.password-expired",
    } as const;
    for (const [reason, code] of Object.entries(codes)) {
      const refusing = {
        check: async () => ({ kind: "refused", reason, text: "", messages: ["Ask room 12."], delayMs: 0 }),
        account: async () => undefined,
      } as unknown as Pam;
      await using world = await openWorld(store, { pam: refusing });
      const answer = await world.call("POST", "/session", { body: { kind: "pam", account: "ana", password: "x" } });
      expect(answer).toMatchObject({ status: 403, body: { code, details: { messages: ["Ask room 12."] } } });
    }
    await using none = await openWorld(store);
    const answer = await none.call("POST", "/session", { body: { kind: "pam", account: "ana", password: "x" } });
    expect(answer).toMatchObject({ status: 503, body: { code: "identity.pam-unavailable" } });
  });

  test("what PAM asks beyond a password comes back as questions, and goes there as answers", async () => {
    await using store = await open();
    const asking: Pam = {
      check: async ({ answers }) =>
        answers[0] === "42"
          ? { kind: "proven", account: ana, messages: [] }
          : { kind: "asks", prompts: [{ text: "Token:", echo: true }], messages: [] },
      account: async () => undefined,
    };
    await using world = await openWorld(store, { pam: asking });
    const body = { kind: "pam", account: "ana", password: "x" };
    expect(await world.call("POST", "/session", { body })).toMatchObject({
      status: 401,
      body: { code: "identity.answer-needed", details: { prompts: [{ text: "Token:", echo: true }] } },
    });
    expect((await world.call("POST", "/session", { body: { ...body, answers: ["42"] } })).status).toBe(200);
    expect((await world.call("POST", "/session", { body: { ...body, code: "42" } })).status).toBe(200);
  });
});

describe.each(engines)("the second factor on $name", ({ open }) => {
  const codeOf = (uri: string, now: number): string => (URI.parse(uri) as TOTP).generate({ timestamp: now });

  test("is set up with a first code, asked for from then on, and takes each code once", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const browser = await world.signedIn("ana");
    const { uri, secret } = (await browser.call("POST", "/session/second-factor")).body;
    expect(uri).toMatch(/^otpauth:\/\/totp\/Atalaya%20tower:ana\?issuer=Atalaya%20tower&secret=[A-Z2-7]{32}&/);
    expect(await browser.call("PUT", "/session/second-factor", { code: "000000" })).toMatchObject({
      status: 401,
      body: { code: "identity.second-factor", details: { wrong: true } },
    });
    // Not confirmed: it counts for nothing.
    await world.signedIn("ana");
    const { recoveryCodes } = (
      await browser.call("PUT", "/session/second-factor", { code: codeOf(uri, world.clock.now()) })
    ).body;
    expect(recoveryCodes).toHaveLength(10);
    expect((await browser.call("GET", "/session")).body.secondFactor).toBe("set");

    await expect(world.signedIn("ana")).rejects.toThrow("identity.second-factor");
    // The code that set it up was its first use.
    const first = codeOf(uri, world.clock.now());
    await expect(world.signedIn("ana", { code: first })).rejects.toThrow("identity.second-factor");
    world.pass(60_000);
    const code = codeOf(uri, world.clock.now());
    await world.signedIn("ana", { code });
    await expect(world.signedIn("ana", { code })).rejects.toThrow("was used");
    await world.signedIn("ana", { code: recoveryCodes[3].toUpperCase().replaceAll("-", " ") });
    await expect(world.signedIn("ana", { code: recoveryCodes[3] })).rejects.toThrow("was used");

    const rows = await store
      .tables<{ users_user: object; users_recovery: object }>()
      .read(async (db) => [
        ...(await db.selectFrom("users_user").selectAll().execute()),
        ...(await db.selectFrom("users_recovery").selectAll().execute()),
      ]);
    const kept = JSON.stringify(rows, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : value,
    );
    for (const hidden of [secret, ...recoveryCodes]) expect(kept).not.toContain(hidden);
  });

  test("of two who show one code at once, one gets in", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const browser = await world.signedIn("ana");
    const { uri } = (await browser.call("POST", "/session/second-factor")).body;
    await browser.call("PUT", "/session/second-factor", { code: codeOf(uri, world.clock.now()) });
    world.pass(60_000);
    const body = { kind: "pam", account: "ana", password: "ana-pw", code: codeOf(uri, world.clock.now()) };
    const both = await Promise.all([1, 2].map(() => world.call("POST", "/session", { body })));
    expect(both.map(({ status }) => status)).toEqual(expect.arrayContaining([200, 401]));
  });

  test("is guessed in vain: wrong codes lock out although the password is right", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const browser = await world.signedIn("ana");
    const { uri } = (await browser.call("POST", "/session/second-factor")).body;
    await browser.call("PUT", "/session/second-factor", { code: codeOf(uri, world.clock.now()) });
    const codes: string[] = [];
    for (let at = 0; at < 8; at++) {
      const body = { kind: "pam", account: "ana", password: "ana-pw", code: String(100_000 + at) };
      codes.push((await world.call("POST", "/session", { body, address: "203.0.113.9" })).body.code);
    }
    expect(codes.slice(0, 5)).toEqual(Array(5).fill("identity.second-factor"));
    expect(codes.at(-1)).toBe("identity.locked-out");
  });

  test("a role that needs one gets it at the door", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people(), secondFactor: ["operator"] });
    const body = { kind: "pam", account: "ana", password: "ana-pw" };
    const earlier = await world.call("POST", "/session", { body });
    const asked = await world.call("POST", "/session", { body });
    expect(asked).toMatchObject({ status: 401, body: { code: "identity.second-factor-setup" } });
    const { uri } = asked.body.details;
    // Whoever asked before, perhaps with a stolen password, knows a secret that is void.
    const old = codeOf(earlier.body.details.uri, world.clock.now());
    expect((await world.call("POST", "/session", { body: { ...body, code: old } })).status).toBe(401);
    const code = codeOf(uri, world.clock.now());
    const answer = await world.call("POST", "/session", { body: { ...body, code } });
    expect(answer.body).toMatchObject({ secondFactor: "set", recoveryCodes: expect.any(Array) });
    await world.signedIn("admin");
  });

  test("goes away by a code of it, or by an administrator for who lost the device", async () => {
    await using store = await open();
    await using world = await openWorld(store, { pam: people() });
    const admin = await world.signedIn("admin");
    const browser = await world.signedIn("ana");
    const setUp = async (): Promise<string[]> => {
      const { uri } = (await browser.call("POST", "/session/second-factor")).body;
      const answer = await browser.call("PUT", "/session/second-factor", { code: codeOf(uri, world.clock.now()) });
      return answer.body.recoveryCodes;
    };
    const [one] = await setUp();
    expect((await browser.call("POST", "/session/second-factor")).body.code).toBe("request.conflict");
    expect((await browser.call("DELETE", "/session/second-factor", { code: "123456" })).status).toBe(401);
    expect((await browser.call("DELETE", "/session/second-factor", { code: one })).status).toBe(204);
    await world.signedIn("ana");
    await setUp();
    expect((await browser.call("DELETE", "/users/pam:ana/second-factor")).status).toBe(403);
    expect((await admin.call("DELETE", "/users/pam:ana/second-factor")).body.secondFactor).toBe("none");
    await world.signedIn("ana");
  });
});

test("failures take the same time, however long PAM took: known accounts cannot be told by it", async () => {
  await using store = await engines[0]!.open();
  const entrance = createEntrance({
    failures: failureStore(store),
    clock: systemClock,
    log: silentLog,
    record: async () => {},
    failureMs: 150,
  });
  async function timed(account: string, workMs: number): Promise<number> {
    const began = performance.now();
    await entrance
      .pass({ actor: "x", account, address: "192.0.2.1" }, async () => {
        await new Promise((resolve) => setTimeout(resolve, workMs));
        throw new AtalayaError("identity.wrong-credentials", "no");
      })
      .catch(() => {});
    return performance.now() - began;
  }
  // A hash is computed for accounts that exist, and for others not: 60 ms would be plain to see.
  for (let at = 0; at < 5; at++) {
    const [known, unknown] = await Promise.all([timed(`k${at}`, 60), timed(`u${at}`, 0)]);
    expect(known).toBeGreaterThanOrEqual(149);
    expect(unknown).toBeGreaterThanOrEqual(149);
  }
});
