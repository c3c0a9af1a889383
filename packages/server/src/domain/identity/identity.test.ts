import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { roles } from "../../api/permissions.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { createIdentity, type IdentityNeeds } from "./identity.ts";
import { hashOf } from "./secrets.ts";

const admin: Actor = { name: "local", permissions: new Set(roles.admin) };
const HOME = "127.0.0.1";

function identityOn(store: Store, people?: IdentityNeeds["people"]) {
  const time = { now: 1_000_000 };
  const told: string[] = [];
  const bus: Bus = {
    tell: (subject) => void told.push(subject),
    heeds: () => true,
    on: () => ({ [Symbol.dispose]: () => {} }),
  };
  const clock = { now: () => time.now, after: () => ({ [Symbol.dispose]: () => {} }) };
  return {
    identity: createIdentity({ store, bus, clock, log: silentLog, ...(people === undefined ? {} : { people }) }),
    time,
    told,
  };
}

describe.each(engines)("API tokens on $name", ({ open }) => {
  test("a token speaks for its role, and only its hash is kept", async () => {
    await using store = await open();
    const { identity } = identityOn(store);
    const { token, record } = await identity.create({ name: "deploy", role: "operator" }, admin);
    expect(token).toMatch(/^aat_[A-Za-z0-9_-]{43}$/);

    const actor = await identity.authenticate(token, HOME);
    expect(actor).toEqual({ name: "token:deploy", token: record.id, permissions: new Set(roles.operator) });

    const rows = await store
      .tables<{ identity_token: { hash: string } }>()
      .read((db) => db.selectFrom("identity_token").selectAll().execute());
    expect(rows[0]?.hash).toBe(hashOf(token));
    expect(JSON.stringify(rows)).not.toContain(token.slice(4));
  });

  test("who is limited to places sees, revokes and succeeds only tokens of these", async () => {
    await using store = await open();
    const { identity } = identityOn(store);
    const limited: Actor = { ...admin, name: "token:centro", places: ["centro"] };
    const wide = await identity.create({ name: "wide", role: "admin" }, admin);
    const mine = await identity.create({ name: "aula", role: "viewer", places: ["centro/aula-1"] }, admin);
    await identity.create({ name: "both", role: "viewer", places: ["centro", "otro"] }, admin);
    await identity.create({ name: "similar", role: "viewer", places: ["centro-2"] }, admin);

    expect(await identity.list({ revoked: false, limit: 1 }, limited)).toEqual({ items: [mine.record] });
    await expect(identity.revoke(wide.record.id, limited)).rejects.toMatchObject({ code: "token.unknown" });
    expect((await identity.authenticate(wide.token, HOME)).name).toBe("token:wide");
    expect((await identity.revoke(mine.record.id, limited)).state).toBe("revoked");

    await identity.revoke(wide.record.id, admin);
    await expect(identity.create({ name: "wide", role: "viewer" }, limited)).rejects.toMatchObject({
      code: "request.conflict",
    });
    expect((await identity.create({ name: "aula", role: "viewer" }, limited)).record.places).toEqual(["centro"]);
    expect((await identity.create({ name: "wide", role: "viewer" }, admin)).record.name).toBe("wide");
  });

  test("a person's token acts for that person, as they stand now, and ends when they are blocked", async () => {
    await using store = await open();
    const ana = { account: "ana", groups: ["staff", "*"], blocked: false };
    const { identity } = identityOn(store, async (login) => (login === "pam:ana" ? ana : undefined));
    const maker: Actor = { name: "pam:ana", groups: [], permissions: new Set(["job.create", "identity.write"]) };
    const { token, record } = await identity.create(
      { name: "ci", permissions: ["job.create", "identity.write"] },
      maker,
    );
    expect(record).toMatchObject({ login: "pam:ana" });
    const actor = await identity.authenticate(token, HOME);
    expect(actor).toMatchObject({ name: "token:ci", login: "pam:ana", account: "ana", groups: ["staff", "*"] });
    const child = await identity.create({ name: "child", permissions: ["job.create"] }, actor);
    expect(child.record).toMatchObject({ login: "pam:ana", createdBy: "token:ci" });

    await expect(
      identity.create({ name: "x", permissions: ["job.create"], account: "root" }, maker),
    ).rejects.toMatchObject({
      code: "identity.forbidden",
    });
    ana.blocked = true;
    await expect(identity.authenticate(token, HOME)).rejects.toMatchObject({ code: "identity.invalid" });
    expect([...(await identity.ended([record.id, child.record.id])).keys()]).toEqual([record.id, child.record.id]);
  });

  test("a token for one account is made by who may choose accounts, and what it makes is for the same", async () => {
    await using store = await open();
    const { identity } = identityOn(store);
    const { token } = await identity.create({ name: "ci", permissions: ["job.create"], account: "deploy" }, admin);
    const actor = await identity.authenticate(token, HOME);
    expect(actor).toMatchObject({ name: "token:ci", runsAs: "deploy" });
    expect(actor.login).toBeUndefined();
    expect((await identity.create({ name: "child", permissions: ["job.create"] }, actor)).record.account).toBe(
      "deploy",
    );
    await expect(
      identity.create({ name: "y", permissions: ["job.create"], account: "root" }, actor),
    ).rejects.toMatchObject({
      code: "identity.forbidden",
    });
  });

  test("unknown, revoked and expired tokens are refused, each by its code", async () => {
    await using store = await open();
    const { identity, time, told } = identityOn(store);
    const short = await identity.create({ name: "short", role: "viewer", expiresAt: time.now + 5_000 }, admin);
    const gone = await identity.create({ name: "gone", role: "viewer" }, admin);

    expect((await identity.revoke(gone.record.id, admin)).state).toBe("revoked");
    expect(told).toEqual(["identity"]);
    await expect(identity.authenticate(gone.token, HOME)).rejects.toMatchObject({ code: "identity.invalid" });
    await expect(identity.authenticate(`aat_${"A".repeat(43)}`, HOME)).rejects.toMatchObject({
      code: "identity.invalid",
    });
    await expect(identity.authenticate("nonsense", HOME)).rejects.toMatchObject({ code: "identity.invalid" });

    time.now += 4_999;
    expect((await identity.authenticate(short.token, HOME)).name).toBe("token:short");
    time.now += 1;
    await expect(identity.authenticate(short.token, HOME)).rejects.toMatchObject({ code: "identity.expired" });
    expect(
      new Map([...(await identity.ended([short.record.id, gone.record.id]))].map(([id, { code }]) => [id, code])),
    ).toEqual(
      new Map([
        [short.record.id, "identity.expired"],
        [gone.record.id, "identity.invalid"],
      ]),
    );
    await expect(identity.revoke("token_unknown12", admin)).rejects.toMatchObject({ code: "token.unknown" });
  });

  test("a name serves one token at a time; a revoked token gives it back", async () => {
    await using store = await open();
    const { identity } = identityOn(store);
    const first = await identity.create({ name: "ci", role: "viewer" }, admin);
    await expect(identity.create({ name: "ci", role: "viewer" }, admin)).rejects.toMatchObject({
      code: "request.conflict",
    });
    await identity.revoke(first.record.id, admin);
    expect((await identity.create({ name: "ci", role: "viewer" }, admin)).record.id).not.toBe(first.record.id);
  });

  test("nobody makes a token that may do more, elsewhere or longer than they may", async () => {
    await using store = await open();
    const { identity, time } = identityOn(store);
    const until = time.now + 60_000;
    const made = await identity.create(
      { name: "lab", permissions: ["fleet.read", "identity.write"], places: ["site/aula-1"], expiresAt: until },
      admin,
    );
    const maker = await identity.authenticate(made.token, HOME);
    const refused = { code: "identity.forbidden" };

    await expect(identity.create({ name: "a", role: "admin" }, maker)).rejects.toMatchObject(refused);
    await expect(
      identity.create({ name: "b", permissions: ["fleet.read"], places: ["site/aula-10"] }, maker),
    ).rejects.toMatchObject(refused);
    await expect(
      identity.create({ name: "c", permissions: ["fleet.read"], expiresAt: until + 1 }, maker),
    ).rejects.toMatchObject(refused);

    const { record } = await identity.create({ name: "d", permissions: ["fleet.read"] }, maker);
    expect(record).toMatchObject({ places: ["site/aula-1"], expiresAt: until, createdBy: "token:lab" });
  });

  test("the list comes in pages, newest first, and hides what was revoked unless asked", async () => {
    await using store = await open();
    const { identity } = identityOn(store);
    for (const name of ["a", "b", "c"]) await identity.create({ name, role: "viewer" }, admin);
    const first = await identity.list({ revoked: false, limit: 2 }, admin);
    expect(first.items.map(({ name }) => name)).toEqual(["c", "b"]);
    await identity.create({ name: "d", role: "viewer" }, admin);
    const second = await identity.list({ revoked: false, limit: 2, cursor: first.next! }, admin);
    expect(second).toMatchObject({ items: [{ name: "a" }] });
    expect(second.next).toBeUndefined();

    await identity.revoke(second.items[0]!.id, admin);
    expect((await identity.list({ revoked: false, limit: 9 }, admin)).items).toHaveLength(3);
    expect((await identity.list({ revoked: true, limit: 9 }, admin)).items).toHaveLength(4);
    await expect(identity.list({ revoked: false, limit: 2, cursor: "????" }, admin)).rejects.toMatchObject({
      code: "request.malformed",
    });
  });

  test("when a token was last used is noted to the minute", async () => {
    await using store = await open();
    const { identity, time } = identityOn(store);
    const { token, record } = await identity.create({ name: "used", role: "viewer" }, admin);
    time.now = 150_000;
    await identity.authenticate(token, HOME);
    await identity[Symbol.asyncDispose]();
    expect((await identity.list({ revoked: false, limit: 1 }, admin)).items[0]).toMatchObject({
      id: record.id,
      lastUsedAt: 120_000,
    });
  });
});

describe.each(engines.filter(({ engine }) => engine === "sqlite"))("at the door", ({ open }) => {
  test("an address with too many wrong tokens waits, others do not, and the local token always works", async () => {
    await using store = await open();
    await using folder = await temporaryFolder();
    const { identity, time } = identityOn(store);
    await identity.issueLocalToken(join(folder.path, "local-token"));
    const local = (await readFile(join(folder.path, "local-token"), "utf8")).trim();
    const wrong = (address: string) => identity.authenticate("wrong", address);

    const known = await identity.create({ name: "known", role: "viewer" }, admin);
    const newcomer = await identity.create({ name: "newcomer", role: "viewer" }, admin);
    await identity.authenticate(known.token, HOME);

    for (let tries = 0; tries < 20; tries++)
      await expect(wrong(HOME)).rejects.toMatchObject({ code: "identity.invalid" });
    await expect(wrong(HOME)).rejects.toMatchObject({ code: "request.rate-limited", details: { retryAfterMs: 3_000 } });
    expect((await identity.authenticate(known.token, HOME)).name).toBe("token:known");
    await expect(identity.authenticate(newcomer.token, HOME)).rejects.toMatchObject({ code: "request.rate-limited" });
    await expect(wrong("127.0.0.2")).rejects.toMatchObject({ code: "identity.invalid" });
    expect((await identity.authenticate(local, HOME)).name).toBe("local");
    time.now += 3_000;
    await expect(wrong(HOME)).rejects.toMatchObject({ code: "identity.invalid" });
  });

  test("the local token is for its owner's eyes only and is another one after each start", async () => {
    await using store = await open();
    await using folder = await temporaryFolder();
    const { identity } = identityOn(store);
    const file = join(folder.path, "local-token");
    await writeFile(file, "left over", { mode: 0o644 });

    await identity.issueLocalToken(file);
    const first = (await readFile(file, "utf8")).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await identity.issueLocalToken(file);
    const second = (await readFile(file, "utf8")).trim();

    expect(second).not.toBe(first);
    expect((await identity.authenticate(second, HOME)).permissions).toEqual(new Set(roles.admin));
    await expect(identity.authenticate(first, HOME)).rejects.toMatchObject({ code: "identity.invalid" });
  });
});

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), "atalaya-identity-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
