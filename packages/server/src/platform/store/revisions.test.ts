import { once } from "node:events";
import { EventEmitter } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { sql, type Transaction } from "kysely";
import { describe, expect, test } from "vitest";
import { migrations } from "../../migrations/index.ts";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { engines } from "./engines.testing.ts";
import { openStore, type Store, type Tables } from "./index.ts";
import { noteMigration, type NoteTables } from "./notes.testing.ts";

type Notes = Tables<NoteTables>;
type Take = (tx: Transaction<NoteTables>) => Promise<number>;

/** One change: how long it thinks before it takes its number, and how long between that and its commit. */
interface Change {
  readonly before: () => Promise<unknown>;
  readonly after: () => Promise<unknown>;
}

/** Two writers work through their changes while a reader follows with `since=`; returns what the reader never saw. */
async function missedBy(
  notes: Notes,
  take: Take,
  writers: readonly (readonly Change[])[],
  seen: (text: string) => void,
) {
  let writing = true;
  const written: string[] = [];
  const read: string[] = [];
  let since = 0;

  async function poll(): Promise<void> {
    const rows = await notes.read((db) =>
      db
        .selectFrom("test_note")
        .select(["text", "revision"])
        .where("revision", ">", since)
        .orderBy("revision")
        .execute(),
    );
    for (const { text, revision } of rows) {
      read.push(text);
      seen(text);
      since = revision;
    }
  }

  async function write(changes: readonly Change[], writer: number): Promise<void> {
    for (const [number, { before, after }] of changes.entries()) {
      const text = `${writer}.${number}`;
      written.push(text);
      await notes.write(async (tx) => {
        await before();
        const revision = await take(tx);
        await tx.insertInto("test_note").values({ text, revision }).execute();
        await after();
      });
    }
  }

  const reader = (async () => {
    while (writing) await poll();
    await poll();
  })();
  await Promise.all(writers.map(write)).finally(() => (writing = false));
  await reader;
  expect(new Set(read).size).toBe(read.length);
  return written.filter((text) => !read.includes(text));
}

async function openNotes(engine: (typeof engines)[number]): Promise<{ store: Store } & AsyncDisposable> {
  const place = await engine.place();
  const store = await openStore(place.settings, {
    clock: systemClock,
    log: silentLog,
    migrations: [...migrations, noteMigration],
  });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
    },
  };
}

/**
 * The first writer has its number and waits with its commit until the reader saw the second one's, if it ever does.
 * `patience`: where revisions are right, or there is one writer at a time, one of the two never happens.
 */
function overtaking(patience: { readonly forNumberMs: number; readonly forReaderMs: number }) {
  const events = new EventEmitter();
  const firstHasNumber = once(events, "taken");
  const secondSeen = once(events, "1.0");
  const writers = [
    [
      {
        before: async () => {},
        after: () => (events.emit("taken"), Promise.race([secondSeen, pause(patience.forReaderMs)])),
      },
    ],
    [{ before: () => Promise.race([firstHasNumber, pause(patience.forNumberMs)]), after: async () => {} }],
  ];
  return { writers, seen: (text: string) => events.emit(text) };
}

const nothing = (): void => {};

describe.each(engines)("revisions on $name", (engine) => {
  test("a reader that asks for what came since misses nothing of two slow writers", async () => {
    await using opened = await openNotes(engine);
    const notes = opened.store.tables<NoteTables>();
    const wait = fc.integer({ min: 0, max: 4 }).map((ms) => () => (ms === 0 ? Promise.resolve() : pause(ms)));
    const changes = fc.array(fc.record({ before: wait, after: wait }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.tuple(changes, changes), async (writers) => {
        await notes.write((tx) => tx.deleteFrom("test_note").execute());
        expect(await missedBy(notes, notes.nextRevision, writers, nothing)).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  test("nobody can be overtaken between taking a revision and committing it", async () => {
    await using opened = await openNotes(engine);
    const notes = opened.store.tables<NoteTables>();
    const { writers, seen } = overtaking({ forNumberMs: 50, forReaderMs: 150 });
    expect(await missedBy(notes, notes.nextRevision, writers, seen)).toEqual([]);
  });

  test("a change that is rolled back leaves no revision behind", async () => {
    await using opened = await openNotes(engine);
    const notes = opened.store.tables<NoteTables>();
    const failing = notes.write(async (tx) => {
      await notes.nextRevision(tx);
      throw new Error("thought better of it");
    });
    await expect(failing).rejects.toThrow("thought better of it");
    expect(await notes.revision()).toBe(0);
  });
});

test("the tests above notice a plain sequence: it loses the row that was overtaken", async () => {
  const postgres = engines.find(({ engine }) => engine === "postgres")!;
  await using opened = await openNotes(postgres);
  const notes = opened.store.tables<NoteTables>();
  await notes.write((tx) => sql`create sequence plain`.execute(tx));
  const fromSequence: Take = async (tx) => {
    const { rows } = await sql<{ value: number }>`select nextval('plain') as value`.execute(tx);
    return rows[0]!.value;
  };
  const { writers, seen } = overtaking({ forNumberMs: 10_000, forReaderMs: 10_000 });
  expect(await missedBy(notes, fromSequence, writers, seen)).toEqual(["0.0"]);
});
