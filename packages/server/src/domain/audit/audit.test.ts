import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Change } from "../../api/audit.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { movableClock } from "../../platform/clock.testing.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { auditFolder, openAudit, openKeys, readExport } from "./audit.testing.ts";
import type { AuditRoom } from "./create.ts";

const ana: Change = {
  actor: { name: "pam:ana", token: "token_1" },
  action: "job.create",
  targets: ["job_1", "host:pc-01"],
  details: { selector: "all", places: undefined },
  address: "192.0.2.7",
  requestId: "req_1",
};

let pki: Pki;
beforeAll(async () => void (pki = await openKeys()));
afterAll(async () => pki[Symbol.asyncDispose]());

const all = async (room: AuditRoom) =>
  (await room.entries.list({}, undefined, 1_000)).map(({ entry }) => entry).toReversed();

/** As somebody who may write to the database, and has no key. */
function tamper(store: Store) {
  interface Row {
    writer: string;
    sequence: number;
    actor: string;
    hash: string;
    details: string;
    signature: string | null;
  }
  interface Schema {
    audit_entry: Row;
    audit_chain: { writer: string; sequence: number; hash: string; base_sequence: number; base_hash: string };
  }
  const tables = store.tables<Schema>();
  return {
    change: (sequence: number, values: Partial<Row>) =>
      tables.write(async (tx) => tx.updateTable("audit_entry").set(values).where("sequence", "=", sequence).execute()),
    remove: (from: number, to: number) =>
      tables.write(async (tx) =>
        tx.deleteFrom("audit_entry").where("sequence", ">=", from).where("sequence", "<=", to).execute(),
      ),
    row: (sequence: number) =>
      tables.read((db) =>
        db.selectFrom("audit_entry").selectAll().where("sequence", "=", sequence).executeTakeFirstOrThrow(),
      ),
    chain: (values: Partial<Schema["audit_chain"]>) =>
      tables.write(async (tx) => tx.updateTable("audit_chain").set(values).execute()),
  };
}

describe.each(engines)("the audit log on $name", ({ open }) => {
  async function filled(store: Store, count = 5) {
    const folder = await auditFolder();
    const room = await openAudit(store, pki, { folder });
    for (let n = 1; n <= count; n += 1) {
      await room.log.record({ ...ana, requestId: `req_${n}`, outcome: "done" });
    }
    return { room, folder, ...tamper(store) };
  }
  const problemOf = async (room: AuditRoom) => (await room.verify()).chains[0]?.problem;

  test("keeps what was done and what was refused, one entry behind the other, and finds them good", async () => {
    await using store = await open();
    await using room = await openAudit(store, pki, { folder: await auditFolder() });
    const pending = await room.log.begin({ ...ana, details: { capability: "exec" } });
    await pending.end({ outcome: "done" }, { details: { hosts: 2 } });
    await room.log.record({ ...ana, action: "job.cancel", outcome: "refused", code: "job.unknown" });

    const [first, second] = await all(room);
    expect(first).toMatchObject({
      writer: "srv_a",
      sequence: 1,
      actor: "pam:ana",
      token: "token_1",
      action: "job.create",
      targets: ["job_1", "host:pc-01"],
      outcome: "done",
      // What the end says is added to what the beginning said.
      details: { capability: "exec", hosts: 2 },
      address: "192.0.2.7",
      requestId: "req_1",
    });
    expect(second).toMatchObject({ sequence: 2, outcome: "refused", code: "job.unknown" });
    expect(await room.verify()).toEqual({
      good: true,
      entries: 2,
      chains: [{ writer: "srv_a", base: 0, head: 2, hash: second!.hash, good: true }],
    });
  });

  test("keeps many at once in few commits, each in its place", async () => {
    await using store = await open();
    await using room = await openAudit(store, pki, { folder: await auditFolder() });
    let commits = 0;
    using _ = store.onCommit(() => (commits += 1));
    await Promise.all(
      Array.from({ length: 700 }, (_, n) => room.log.record({ ...ana, requestId: `req_${n}`, outcome: "done" })),
    );
    expect(commits).toBeLessThan(10);
    expect((await room.verify()).entries).toBe(700);
    expect(new Set((await all(room)).map(({ requestId }) => requestId)).size).toBe(700);
  });

  test("keeps texts of any kind as they are, bounded", async () => {
    await using store = await open();
    await using room = await openAudit(store, pki, { folder: await auditFolder() });
    const odd = {
      ...ana,
      targets: ["host:\0\ud800ñ'%_\"", "x".repeat(9_000)],
      details: { text: "\0\ud800 ñ", long: "y".repeat(20_000) },
    };
    await room.log.record({ ...odd, outcome: "done" });
    expect(await room.verify()).toMatchObject({ good: true, entries: 1 });
    const [entry] = await all(room);
    expect(entry!.targets[0]).toBe("host:\0\ud800ñ'%_\"");
    expect(entry!.targets[1]!.length).toBeLessThan(400);
    expect(JSON.stringify(entry!.details).length).toBeLessThan(9_000);
  });

  test("tells the first entry that was changed, whichever column it was", async () => {
    await using store = await open();
    const { room, change } = await filled(store);
    await using _ = room;
    await change(3, { details: '{"selector":"none"}' });
    expect(await problemOf(room)).toMatchObject({ sequence: 3, kind: "changed" });
    await change(2, { actor: "pam:eva" });
    expect(await problemOf(room)).toMatchObject({ sequence: 2, kind: "changed" });
    await change(1, { details: "no JSON" });
    expect(await problemOf(room)).toMatchObject({ sequence: 1, kind: "unreadable" });
  });

  test("tells where entries were removed", async () => {
    await using store = await open();
    const { room, remove } = await filled(store);
    await using _ = room;
    await remove(2, 3);
    expect(await problemOf(room)).toMatchObject({ sequence: 2, kind: "missing" });
  });

  test("tells that its end was cut, though the chain's own words were made to fit", async () => {
    await using store = await open();
    const { room, remove, chain, row } = await filled(store);
    await using _ = room;
    await remove(4, 5);
    await chain({ sequence: 3, hash: (await row(3)).hash });
    expect(await problemOf(room)).toMatchObject({ sequence: 4, kind: "truncated" });
  });

  test("tells that its beginning was cut, though its base was made to fit", async () => {
    await using store = await open();
    const { room, remove, chain, row } = await filled(store);
    await using _ = room;
    const { hash } = await row(2);
    await remove(1, 2);
    await chain({ base_sequence: 2, base_hash: hash });
    expect(await problemOf(room)).toMatchObject({ kind: "unsigned", sequence: 3 });
  });

  test("tells at the next start, and for ever, that entries went missing while the server was down", async () => {
    await using store = await open();
    const { room, folder, remove, chain, row } = await filled(store);
    await room[Symbol.asyncDispose]();
    await remove(4, 5);
    await chain({ sequence: 3, hash: (await row(3)).hash });

    await using again = await openAudit(store, pki, { folder });
    expect(await problemOf(again)).toMatchObject({ sequence: 4, kind: "truncated" });
    await again.log.record({ ...ana, outcome: "done" });
    const entries = await all(again);
    expect(entries.map(({ sequence, action }) => [sequence, action]).slice(3)).toEqual([
      [4, "audit.rewound"],
      [5, "job.create"],
    ]);
    expect(entries[3]!.details).toMatchObject({ found: 3, expected: { sequence: 5 } });
  });

  test("tells a change whose server was killed before it could say how it went", async () => {
    await using store = await open();
    const folder = await auditFolder();
    const first = await openAudit(store, pki, { folder });
    await first.log.begin({ ...ana, requestId: "req_killed" });
    const ended = await first.log.begin({ ...ana, requestId: "req_ended" });
    await ended.end({ outcome: "done" });
    // Half a line, as a kill leaves it.
    appendFileSync(join(folder, "under-way"), '{"begin":9,"at":1,"cha');
    const left = readFileSync(join(folder, "under-way"));
    await first[Symbol.asyncDispose]();
    expect(left.length).toBeGreaterThan(0);

    await using again = await openAudit(store, pki, { folder });
    expect((await all(again)).map(({ requestId, outcome }) => [requestId, outcome])).toEqual([
      ["req_ended", "done"],
      ["req_killed", "unknown"],
    ]);
    await again[Symbol.asyncDispose]();
    await using third = await openAudit(store, pki, { folder });
    expect(await all(third)).toHaveLength(2);
  });

  test("drops what is old behind a signed base, and can still be checked", async () => {
    await using store = await open();
    const clock = movableClock(1_000_000);
    await using room = await openAudit(store, pki, { folder: await auditFolder(), clock, keepMs: 10_000 });
    for (let n = 0; n < 3; n += 1) await room.log.record({ ...ana, outcome: "done" });
    clock.move(9_000);
    await room.log.record({ ...ana, outcome: "done" });
    clock.move(5_000);
    expect(await room.prune()).toBe(3);
    expect((await all(room)).map(({ sequence, action }) => [sequence, action])).toEqual([
      [4, "job.create"],
      [5, "audit.prune"],
    ]);
    expect(await room.verify()).toMatchObject({ good: true, entries: 2, chains: [{ base: 3, head: 5 }] });
    expect(readExport(await new Response(await room.export()).text(), pki)).toEqual({ entries: 2 });
    clock.move(1_000_000);
    expect(await room.prune()).toBe(1);
    expect(await room.verify()).toMatchObject({ good: true });
  });

  test("has a chain for each server, and checks them all", async () => {
    await using store = await open();
    await using one = await openAudit(store, pki, { folder: await auditFolder(), writer: "srv_a" });
    await using two = await openAudit(store, pki, { folder: await auditFolder(), writer: "srv_b" });
    for (let n = 0; n < 3; n += 1) {
      await Promise.all([one.log.record({ ...ana, outcome: "done" }), two.log.record({ ...ana, outcome: "done" })]);
    }
    expect(await two.verify()).toMatchObject({
      good: true,
      entries: 6,
      chains: [{ writer: "srv_a" }, { writer: "srv_b" }],
    });
  });

  test("is exported so that it can be checked without the server, and tells there what was changed or cut", async () => {
    await using store = await open();
    const { room } = await filled(store, 1_200);
    await using _ = room;
    const text = await new Response(await room.export()).text();
    expect(readExport(text, pki)).toEqual({ entries: 1_200 });

    const lines = text.trimEnd().split("\n");
    expect(readExport(lines.slice(0, -2).join("\n"), pki).problem).toMatchObject({
      kind: "truncated",
      sequence: 1_199,
    });
    expect(readExport(lines.with(7, lines[7]!.replace("pam:ana", "pam:eva")).join("\n"), pki).problem).toMatchObject({
      kind: "changed",
      sequence: 7,
      line: 8,
    });
    const other = await openKeys();
    await using __ = other;
    expect(readExport(text, other).problem).toMatchObject({ kind: "unsigned" });
  });

  test("is found by who, what, whom, where, when and how it went", async () => {
    await using store = await open();
    const clock = movableClock(5_000);
    await using room = await openAudit(store, pki, { folder: await auditFolder(), clock });
    await room.log.record({ ...ana, outcome: "done" });
    clock.move(10);
    await room.log.record({
      ...ana,
      actor: { name: "local" },
      action: "run.cancel",
      targets: ["run_9"],
      outcome: "refused",
      code: "run.final",
    });
    await room.log.record({
      ...ana,
      action: "job.cancel",
      address: "::1",
      requestId: "r",
      targets: ["job_1"],
      outcome: "done",
    });
    const actionsOf = async (filter: Parameters<AuditRoom["entries"]["list"]>[0]) =>
      (await room.entries.list(filter, undefined, 10)).map(({ entry }) => entry.action);
    expect(await actionsOf({})).toEqual(["job.cancel", "run.cancel", "job.create"]);
    expect(await actionsOf({ actor: "local" })).toEqual(["run.cancel"]);
    expect(await actionsOf({ action: "job" })).toEqual(["job.cancel", "job.create"]);
    expect(await actionsOf({ action: "job.create" })).toEqual(["job.create"]);
    expect(await actionsOf({ target: "pc-01" })).toEqual(["job.create"]);
    expect(await actionsOf({ target: "host:pc-01" })).toEqual(["job.create"]);
    expect(await actionsOf({ target: "pc-0" })).toEqual([]);
    expect(await actionsOf({ address: "::1" })).toEqual(["job.cancel"]);
    expect(await actionsOf({ requestId: "r" })).toEqual(["job.cancel"]);
    expect(await actionsOf({ outcome: "refused" })).toEqual(["run.cancel"]);
    expect(await actionsOf({ since: 5_010 })).toEqual(["job.cancel", "run.cancel"]);
    expect(await actionsOf({ until: 5_010 })).toEqual(["job.create"]);
  });

  test("can be followed: each entry once, in order, whole commits", async () => {
    await using store = await open();
    await using room = await openAudit(store, pki, { folder: await auditFolder() });
    const [topic] = room.topics;
    const reader = await topic!.open({}, undefined, { name: "local", permissions: new Set(["audit.read"]) });
    const seen: number[] = [];
    let cursor: number | undefined;
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 300 }, () => room.log.record({ ...ana, outcome: "done" })));
      for (let more = true; more;) {
        const batch = await reader.read(cursor);
        seen.push(...batch.events.map((event) => (event["entry"] as { sequence: number }).sequence));
        ({ cursor, more } = batch);
      }
    }
    expect(seen).toEqual(Array.from({ length: 900 }, (_, n) => n + 1));
  });

  test("writes down thirty refusals a minute of strangers of one network, then their number", async () => {
    await using store = await open();
    const clock = movableClock(0);
    await using room = await openAudit(store, pki, { folder: await auditFolder(), clock });
    const stranger = { ...ana, actor: { name: "nobody" }, outcome: "refused", code: "identity.missing" } as const;
    for (let n = 0; n < 100; n += 1) await room.log.record(stranger);
    await room.log.record({ ...stranger, address: "198.51.100.1" });
    expect(await all(room)).toHaveLength(31);
    clock.move(60_000);
    await expect
      .poll(async () => (await all(room)).at(-1))
      .toMatchObject({ action: "audit.crowd", details: { refusals: 70 }, address: "192.0.2.7" });
  });
});
