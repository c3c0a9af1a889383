import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, test } from "vitest";
import { migrations } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { violation } from "./differences.ts";
import { engines } from "./engines.testing.ts";
import { MAX_BOUND_VALUES, openStore, type Store, type StoreSettings, type Tables } from "./index.ts";
import { noteMigration, type NoteTables } from "./notes.testing.ts";

const needs = { clock: systemClock, log: silentLog, migrations: [...migrations, noteMigration] };

describe.each(engines)("the store on $name", ({ engine, open, place }) => {
  async function openNotes() {
    const at = await place();
    const store = await openStore(at.settings, needs);
    return {
      store,
      settings: at.settings,
      notes: store.tables<NoteTables>(),
      async [Symbol.asyncDispose]() {
        await store[Symbol.asyncDispose]();
        await at[Symbol.asyncDispose]();
      },
    };
  }

  test("opens empty and migrated, with a revision counter at zero", async () => {
    await using store: Store = await open();
    expect(store.engine).toBe(engine);
    const tables = store.tables();
    expect(await tables.revision()).toBe(0);
    expect(await tables.write((tx) => tables.nextRevision(tx))).toBe(1);
    expect(await tables.revision()).toBe(1);
  });

  test("a change that throws leaves nothing, and its own error comes back", async () => {
    await using at = await openNotes();
    const error = new Error("thought better of it");
    const failing = at.notes.write(async (tx) => {
      await tx.insertInto("test_note").values({ text: "never", revision: 0 }).execute();
      throw error;
    });
    await expect(failing).rejects.toBe(error);
    expect(await texts(at.notes)).toEqual([]);
  });

  test("a statement that fails takes the whole change with it, and the next one works", async () => {
    await using at = await openNotes();
    const insert = (text: string) => (tx: Parameters<Parameters<typeof at.notes.write>[0]>[0]) =>
      tx.insertInto("test_note").values({ text, revision: 0 }).execute();
    await at.notes.write(insert("one"));
    const failing = at.notes.write(async (tx) => {
      await insert("two")(tx);
      await insert("one")(tx);
    });
    await expect(failing.catch(violation)).resolves.toBe("unique");
    await at.notes.write(insert("three"));
    expect(await texts(at.notes)).toEqual(["one", "three"]);
  });

  test("tells which rule of the schema was broken", async () => {
    await using at = await openNotes();
    const broken = (values: Record<string, unknown>) =>
      at.notes
        .write((tx) =>
          tx
            .insertInto("test_note")
            .values(values as never)
            .execute(),
        )
        .catch(violation);
    expect(await broken({ text: "a", revision: 0, about: 99 })).toBe("foreign-key");
    expect(await broken({ text: null, revision: 0 })).toBe("not-null");
    expect(await broken({ txet: "a" })).toBeUndefined();
  });

  test("a hundred changes at once all count", async () => {
    await using at = await openNotes();
    await at.notes.write((tx) => tx.insertInto("test_note").values({ text: "sum", revision: 0 }).execute());
    const add = () =>
      at.notes.write((tx) =>
        tx
          .updateTable("test_note")
          .set((row) => ({ revision: row("revision", "+", 1) }))
          .where("text", "=", "sum")
          .execute(),
      );
    await Promise.all(Array.from({ length: 100 }, add));
    const row = await at.notes.read((db) => db.selectFrom("test_note").select("revision").executeTakeFirstOrThrow());
    expect(row.revision).toBe(100);
  });

  test("a deadlock ends with both changes done", async () => {
    await using at = await openNotes();
    await at.notes.write((tx) =>
      tx
        .insertInto("test_note")
        .values(["a", "b"].map((text) => ({ text, revision: 0 })))
        .execute(),
    );
    let inside = 0;
    const met = Promise.withResolvers<void>();
    const both = (first: string, second: string) =>
      at.notes.write(async (tx) => {
        const touch = (text: string) =>
          tx
            .updateTable("test_note")
            .set((row) => ({ revision: row("revision", "+", 1) }))
            .where("text", "=", text)
            .execute();
        await touch(first);
        if (++inside === 2 || engine === "sqlite") met.resolve();
        await met.promise;
        await touch(second);
      });
    await Promise.all([both("a", "b"), both("b", "a")]);
    const rows = await at.notes.read((db) => db.selectFrom("test_note").select("revision").execute());
    expect(rows).toEqual([{ revision: 2 }, { revision: 2 }]);
  });

  test("a read sees one moment, and never less than what was committed before it", async () => {
    await using at = await openNotes();
    const insert = (text: string) =>
      at.notes.write((tx) => tx.insertInto("test_note").values({ text, revision: 0 }).execute());
    await insert("before");
    await at.notes.read(async (db) => {
      const count = () =>
        db
          .selectFrom("test_note")
          .select((row) => row.fn.countAll<number>().as("count"))
          .executeTakeFirst();
      expect(await count()).toEqual({ count: 1 });
      await insert("meanwhile");
      expect(await count()).toEqual({ count: 1 });
    });
    expect(await texts(at.notes)).toEqual(["before", "meanwhile"]);
  });

  test("many snapshots held at once do not wait for each other", async () => {
    await using at = await openNotes();
    const all = Promise.withResolvers<void>();
    let inside = 0;
    const hold = () =>
      at.notes.read(async (db) => {
        await db.selectFrom("test_note").selectAll().execute();
        if (++inside === 8) all.resolve();
        await all.promise;
      });
    await Promise.all(Array.from({ length: 8 }, hold));
  });

  test("a read cannot write", async () => {
    await using at = await openNotes();
    const writing = at.notes.read((db) => db.insertInto("test_note").values({ text: "no", revision: 0 }).execute());
    await expect(writing).rejects.toThrow(/read.?only/);
    expect(await texts(at.notes)).toEqual([]);
  });

  test("numbers, bytes and nothing come back as they went", async () => {
    await using at = await openNotes();
    const rows = [
      { text: "señal ✓ 🗼", revision: Number.MAX_SAFE_INTEGER, bytes: new Uint8Array([0, 1, 255]), about: null },
      { text: "", revision: -1, bytes: null, about: null },
    ];
    await at.notes.write((tx) => tx.insertInto("test_note").values(rows).execute());
    const read = await at.notes.read((db) => db.selectFrom("test_note").selectAll().orderBy("key").execute());
    expect(read).toStrictEqual(rows.map((row, index) => ({ key: index + 1, ...row })));
    const sum = await at.notes.read((db) =>
      db
        .selectFrom("test_note")
        .select((row) => row.fn.sum<number>("revision").as("sum"))
        .executeTakeFirst(),
    );
    expect(sum).toEqual({ sum: Number.MAX_SAFE_INTEGER - 1 });
  });

  test("a number too large to be exact is an error, not another number", async () => {
    await using at = await openNotes();
    const revision = 2n ** 60n + 1n;
    await at.notes.write((tx) =>
      tx
        .insertInto("test_note")
        .values({ text: "large", revision: revision as never })
        .execute(),
    );
    await expect(at.notes.read((db) => db.selectFrom("test_note").selectAll().execute())).rejects.toThrow(/too large/);
  });

  test("a NUL character in a text is refused alike", async () => {
    await using at = await openNotes();
    const writing = at.notes.write((tx) => tx.insertInto("test_note").values({ text: "a\0b", revision: 0 }).execute());
    await expect(writing).rejects.toMatchObject({ code: "request.malformed" });
  });

  test("takes as many bound values as it says, and upserts them", async () => {
    await using at = await openNotes();
    const rows = Array.from({ length: MAX_BOUND_VALUES / 2 }, (_, index) => ({
      text: `note ${index}`,
      revision: index,
    }));
    const upsert = (add: number) =>
      at.notes.write((tx) =>
        tx
          .insertInto("test_note")
          .values(rows.map((row) => ({ ...row, revision: row.revision + add })))
          .onConflict((row) => row.column("text").doUpdateSet((set) => ({ revision: set.ref("excluded.revision") })))
          .execute(),
      );
    await upsert(0);
    await upsert(1);
    const last = await at.notes.read((db) =>
      db.selectFrom("test_note").select(["revision", "key"]).orderBy("revision", "desc").executeTakeFirst(),
    );
    expect(last?.revision).toBe(rows.length);
  });

  test("a change within a change is refused at once, one after it is not", async () => {
    await using at = await openNotes();
    const insert = (text: string) =>
      at.notes.write((tx) => tx.insertInto("test_note").values({ text, revision: 0 }).execute());
    await expect(at.notes.write(() => insert("inner"))).rejects.toThrow(/within a change/);
    const later = Promise.withResolvers<unknown>();
    await at.notes.write(async () => void setTimeout(() => later.resolve(insert("later")), 5));
    await later.promise;
    expect(await texts(at.notes)).toEqual(["later"]);
  });

  test("tells how long commits took", async () => {
    await using at = await openNotes();
    const took: number[] = [];
    const listening = at.store.onCommit((ms) => took.push(ms));
    await at.notes.write((tx) => tx.insertInto("test_note").values({ text: "a", revision: 0 }).execute());
    listening[Symbol.dispose]();
    await at.notes.write((tx) => tx.insertInto("test_note").values({ text: "b", revision: 0 }).execute());
    expect(took).toHaveLength(1);
    expect(took[0]).toBeGreaterThan(0);
  });

  test("closing waits for what is under way and refuses what comes after", async () => {
    await using at = await openNotes();
    const writing = at.notes.write((tx) => tx.insertInto("test_note").values({ text: "kept", revision: 0 }).execute());
    await at.store[Symbol.asyncDispose]();
    await writing;
    await expect(at.notes.revision()).rejects.toMatchObject({ code: "store.unavailable" });
    await using again = await openStore(at.settings, needs);
    expect(await texts(again.tables<NoteTables>())).toEqual(["kept"]);
  });

  test("kill -9 in the midst of commits loses nothing that was acknowledged, and keeps nothing half", async () => {
    await using at = await place();
    const acknowledged = await killedWhileCommitting(at.settings, 150);
    await using store = await openStore(at.settings, needs);
    const rows = await store
      .tables<NoteTables>()
      .read((db) => db.selectFrom("test_note").select(["text", "revision"]).execute());
    const kept = new Map(rows.map(({ text, revision }) => [text, revision]));
    for (const { text, revision } of acknowledged) {
      for (const part of ["a", "b", "c"]) expect(kept.get(`${text} ${part}`)).toBe(revision);
    }
    expect(rows.length % 3).toBe(0);
    expect(await store.tables().revision()).toBe(Math.max(...rows.map(({ revision }) => revision)));
  });
});

interface Acknowledged {
  readonly text: string;
  readonly revision: number;
}

async function killedWhileCommitting(settings: StoreSettings, commits: number): Promise<readonly Acknowledged[]> {
  const script = new URL("./commit-forever.testing.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, JSON.stringify(settings)], { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: Acknowledged[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    // The last line may be torn by the kill.
    if (line.endsWith("}")) acknowledged.push(JSON.parse(line) as Acknowledged);
    if (acknowledged.length === commits) child.kill("SIGKILL");
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(commits);
  return acknowledged;
}

async function texts(notes: Tables<NoteTables>): Promise<string[]> {
  const rows = await notes.read((db) => db.selectFrom("test_note").select("text").orderBy("key").execute());
  return rows.map(({ text }) => text);
}
