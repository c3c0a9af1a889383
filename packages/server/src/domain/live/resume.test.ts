/** No gap and no duplicate, whoever commits how slowly and whenever the client is cut off. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createLocalBus, type Bus } from "../../platform/bus/index.ts";
import { systemClock } from "../../platform/clock.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { fastClock, liveServer } from "./live.testing.ts";
import type { Topic } from "./topic.ts";

interface Schema {
  readonly live_test: { readonly writer: number; readonly number: number; readonly revision: number };
}
type Event = { readonly writer: number; readonly number: number; readonly revision: number };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function ledger(store: Store): Topic {
  const tables = store.tables<Schema>();
  return {
    name: "ledger",
    summary: "rows by revision",
    params: z.strictObject({}),
    permission: "job.read",
    open: async () => ({
      subjects: ["jobs"],
      async read(cursor = 0) {
        const rows = await tables.read((db) =>
          db.selectFrom("live_test").selectAll().where("revision", ">", cursor).orderBy("revision").limit(3).execute(),
        );
        return { events: rows, cursor: rows.at(-1)?.revision ?? cursor, more: rows.length === 3 };
      },
    }),
  };
}

/** Each commit dawdles before it takes its revision and while it holds it. */
async function write(store: Store, bus: Bus, writer: number, delays: readonly (readonly [number, number])[]) {
  const tables = store.tables<Schema>();
  for (const [number, [before, holding]] of delays.entries()) {
    await tables.write(async (tx) => {
      await tx.insertInto("live_test").values({ writer, number, revision: 0 }).execute();
      await pause(before);
      const revision = await tables.nextRevision(tx);
      await tx
        .updateTable("live_test")
        .set({ revision })
        .where("writer", "=", writer)
        .where("number", "=", number)
        .execute();
      await pause(holding);
    });
    bus.tell("jobs");
  }
}

const delays = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), {
  minLength: 5,
  maxLength: 20,
});
const scenario = fc.record({
  writers: fc.tuple(delays, delays),
  cutAfter: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 6 }),
  /** Hints that are lost, by their number modulo 8. */
  lost: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 8 }),
});

describe.each(engines)("following a ledger on $name", ({ open }) => {
  test("gives the exact sequence through two slow writers, cuts, resumes and lost hints", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async ({ writers, cutAfter, lost }) => {
        await using store = await open();
        await store
          .tables<Schema>()
          .write((tx) =>
            tx.schema
              .createTable("live_test")
              .addColumn("writer", "integer")
              .addColumn("number", "integer")
              .addColumn("revision", "bigint")
              .execute(),
          );
        const hints = createLocalBus({ clock: systemClock });
        let told = 0;
        const bus: Bus = {
          on: hints.on,
          heeds: hints.heeds,
          tell: (subject) => void (lost.includes(told++ % 8) || hints.tell(subject)),
        };
        await using server = await liveServer([ledger(store)], { bus, clock: fastClock(50) });

        const writing = Promise.all(writers.map((writer, at) => write(store, bus, at, writer)));
        const expected = writers[0].length + writers[1].length;
        const seen: Event[] = [];
        let cursor: number | undefined;
        const cuts = [...cutAfter];
        while (seen.length < expected) {
          using client = server.client();
          await client.opened();
          client.say({ type: "subscribe", id: 1, topic: "ledger", ...(cursor === undefined ? {} : { since: cursor }) });
          const cut = cuts.shift() ?? Infinity;
          let read = 0;
          let taken = 0;
          await client.until(() => {
            for (; read < client.heard.length && taken < cut; read++) {
              const frame = client.heard[read]!;
              if (frame.type !== "batch") continue;
              seen.push(...(frame["events"] as Event[]));
              cursor = frame["cursor"] as number;
              taken++;
            }
            return taken >= cut || seen.length >= expected;
          });
        }
        await writing;
        const rows = await store
          .tables<Schema>()
          .read((db) => db.selectFrom("live_test").selectAll().orderBy("revision").execute());
        expect(seen).toEqual(rows);
      }),
      { numRuns: 8 },
    );
  });
});
