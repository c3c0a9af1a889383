import type { Fingerprint } from "@atalaya/protocol";
import { sql } from "kysely";
import { listOf, rowsFrom, type Store } from "../../platform/store/index.ts";
import type { SystemKey } from "../fleet/index.ts";
import { judge, type Hearing, type Standing, type Verdict } from "./standing.ts";
import type { Turn } from "./clone.ts";

interface Schema {
  readonly link_standing: {
    readonly system: number;
    readonly epoch: number;
    /** JSON; null: whatever comes next is believed. */
    readonly fingerprint: string | null;
    /** JSON array of turns. */
    readonly recent: string;
  };
}

const columns = { system: "number", epoch: "number", fingerprint: "text", recent: "text" } as const;

/** What is known of each system's links, across restarts and servers. */
export interface StandingStore {
  /** Judges many hellos and raises the epochs of those that are let in, in one transaction. */
  hear(hearings: readonly Hearing[]): Promise<readonly Verdict[]>;
}

export function standingStore(store: Store): StandingStore {
  const tables = store.tables<Schema>();
  return {
    hear: (hearings) =>
      tables.write(async (tx) => {
        const systems = [...new Set(hearings.map(({ system }) => system))].sort((a, b) => a - b);
        if (tables.engine === "postgres") {
          // Rows that do not exist cannot be locked: two servers would both begin with the same epoch.
          await tx
            .insertInto("link_standing")
            .values(systems.map((system) => ({ system, epoch: 0, fingerprint: null, recent: NEW })))
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
        const query = tx
          .selectFrom("link_standing")
          .selectAll()
          .where("system", "in", listOf(tables.engine, systems, "number"))
          .orderBy("system");
        const rows = await (tables.engine === "postgres" ? query.forUpdate() : query).execute();
        const standings = new Map<SystemKey, Standing>();
        for (const { system, epoch, fingerprint, recent } of rows) {
          if (recent === NEW) continue;
          standings.set(system, {
            epoch,
            fingerprint: fingerprint === null ? undefined : (JSON.parse(fingerprint) as Fingerprint),
            turns: JSON.parse(recent) as readonly Turn[],
          });
        }
        const verdicts = hearings.map((hearing) => {
          const { verdict, standing } = judge(standings.get(hearing.system), hearing);
          standings.set(hearing.system, standing);
          return verdict;
        });
        await tx
          .insertInto("link_standing")
          .columns(["system", "epoch", "fingerprint", "recent"])
          .expression(
            sql`select v.* from ${rowsFrom(
              tables.engine,
              [...standings].map(([system, { epoch, fingerprint, turns }]) => [
                system,
                epoch,
                fingerprint === undefined ? null : JSON.stringify(fingerprint),
                JSON.stringify(turns),
              ]),
              columns,
            )} as v where true`,
          )
          .onConflict((conflict) =>
            conflict.column("system").doUpdateSet((set) => ({
              epoch: set.ref("excluded.epoch"),
              fingerprint: set.ref("excluded.fingerprint"),
              recent: set.ref("excluded.recent"),
            })),
          )
          .execute();
        return verdicts;
      }),
  };
}

/** Marks a row that was only made to be locked. */
const NEW = "";
