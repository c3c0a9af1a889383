import { sql, type RawBuilder } from "kysely";
import { describe, expect, test } from "vitest";
import { migrations } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { violation } from "./differences.ts";
import { engines } from "./engines.testing.ts";
import { openStore } from "./index.ts";
import { noteMigration, type NoteTables } from "./notes.testing.ts";

const insert = (text: string, revision: RawBuilder<number> = sql.lit(0)) =>
  sql<{ readonly text: string }>`insert into test_note (text, revision) values (${text}, ${revision}) returning text`;

describe.each(engines)("a change that asks nothing on $name", ({ place }) => {
  async function openNotes() {
    const at = await place();
    const needs = { clock: systemClock, log: silentLog, migrations: [...migrations, noteMigration] };
    const store = await openStore(at.settings, needs);
    const notes = store.tables<NoteTables>();
    return {
      store,
      notes,
      rows: () => notes.read((db) => db.selectFrom("test_note").select(["text", "revision"]).orderBy("text").execute()),
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await at[Symbol.asyncDispose]();
      },
    };
  }

  test("of one statement is there when it resolves, with what it returns", async () => {
    await using at = await openNotes();
    expect(await at.notes.writeOne(insert("one"))).toEqual([{ text: "one" }]);
    expect(await at.notes.writeOne(sql`delete from test_note where text = ${"nobody"}`)).toEqual([]);
    expect(await at.rows()).toEqual([{ text: "one", revision: 0 }]);
  });

  test("is stamped with the next revision, which goes on from those of other changes", async () => {
    await using at = await openNotes();
    expect(await at.notes.write((tx) => at.notes.nextRevision(tx))).toBe(1);
    const stamped = await at.notes.writeStamped([insert("before")], (revision) => [
      insert("one", revision),
      insert("two", revision),
    ]);
    expect(stamped).toBe(2);
    expect(await at.rows()).toEqual([
      { text: "before", revision: 0 },
      { text: "one", revision: 2 },
      { text: "two", revision: 2 },
    ]);
    expect(await at.notes.writeStamped([], () => [])).toBe(3);
    expect(await at.notes.revision()).toBe(3);
  });

  test("leaves nothing when one of its statements fails, wherever that stands, and the next one works", async () => {
    await using at = await openNotes();
    await at.notes.writeOne(insert("taken"));
    const failing = [
      at.notes.writeStamped([insert("a"), insert("taken")], (revision) => [insert("b", revision)]),
      at.notes.writeStamped([insert("a")], (revision) => [insert("b", revision), insert("taken", revision)]),
      at.notes.writeOne(insert("taken")),
    ];
    const refusals = await Promise.all(failing.map((change) => change.then(() => "done", violation)));
    expect(refusals).toEqual(["unique", "unique", "unique"]);
    expect(await at.rows()).toEqual([{ text: "taken", revision: 0 }]);
    expect(await at.notes.revision()).toBe(0);
    expect(await at.notes.writeStamped([], (revision) => [insert("next", revision)])).toBe(1);
  });

  test("waits for its turn beside others, and none is lost", async () => {
    await using at = await openNotes();
    const changes = Array.from({ length: 60 }, (_, n) =>
      n % 2 === 0
        ? at.notes.writeStamped([], (revision) => [insert(`note ${n}`, revision)])
        : at.notes.write(async (tx) => {
            await tx
              .insertInto("test_note")
              .values({ text: `note ${n}`, revision: 0 })
              .execute();
            return at.notes.nextRevision(tx);
          }),
    );
    const revisions = await Promise.all(changes);
    expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect(await at.rows()).toHaveLength(60);
  });

  test("is refused within another change, and with what no engine keeps", async () => {
    await using at = await openNotes();
    await expect(at.notes.write(() => at.notes.writeOne(insert("inner")))).rejects.toThrow(/within a change/);
    await expect(at.notes.write(() => at.notes.writeStamped([], () => []))).rejects.toThrow(/within a change/);
    await expect(at.notes.writeOne(insert("a\0b"))).rejects.toMatchObject({ code: "request.malformed" });
    expect(await at.notes.writeOne(insert("after"))).toEqual([{ text: "after" }]);
  });
});
