import type { Fingerprint } from "@atalaya/protocol";
import { sql } from "kysely";
import { keepLatest } from "../../platform/latest.ts";
import { fixed, listOf, rowsFrom, rowsOfJson, type Store } from "../../platform/store/index.ts";
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
/** Systems whose standing is kept in memory, about half a kilobyte each. */
const REMEMBERED = 50_000;

/** What is known of each system's links, across restarts and servers. */
export interface StandingStore {
  /** Judges many hellos and raises the epochs: of those whose last standing is remembered at once, of others in a second change. */
  hear(hearings: readonly Hearing[]): Promise<readonly Verdict[]>;
}

/**
 * Remembers what it has written, so that a system that comes back costs one statement instead of two. Every judgement
 * raises the epoch: a row that has another than the one remembered was written by somebody else, and is read again.
 */
export function standingStore(store: Store): StandingStore {
  const tables = store.tables<Schema>();
  const remembered = new Map<SystemKey, Standing>();

  const raise = fixed(
    (rows: string) => sql<{ readonly system: SystemKey }>`
      update link_standing set epoch = v.epoch, fingerprint = v.fingerprint, recent = v.recent
      from ${rowsOfJson(tables.engine, rows, { ...columns, before: "number" })} as v
      where link_standing.system = v.system and link_standing.epoch = v.before
      returning link_standing.system`,
  );

  async function hearAnew(hearings: readonly Hearing[]): Promise<Judged> {
    const systems = [...new Set(hearings.map(({ system }) => system))].sort((a, b) => a - b);
    return tables.write(async (tx) => {
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
      const judged = judgeAll(hearings, new Map(rows.flatMap((row) => (row.recent === NEW ? [] : [standingOf(row)]))));
      await tx
        .insertInto("link_standing")
        .columns(["system", "epoch", "fingerprint", "recent"])
        .expression(
          sql`select v.* from ${rowsFrom(tables.engine, [...judged.standings].map(rowOf), columns)} as v where true`,
        )
        .onConflict((conflict) =>
          conflict.column("system").doUpdateSet((set) => ({
            epoch: set.ref("excluded.epoch"),
            fingerprint: set.ref("excluded.fingerprint"),
            recent: set.ref("excluded.recent"),
          })),
        )
        .execute();
      return judged;
    });
  }

  /** Judges by what is remembered; whoever stands there otherwise is left out of the answer. */
  async function hearRemembered(
    hearings: readonly Hearing[],
    before: ReadonlyMap<SystemKey, Standing>,
  ): Promise<Judged> {
    const judged = judgeAll(hearings, before);
    const rows = [...judged.standings].map((one) => [...rowOf(one), before.get(one[0])!.epoch]);
    const written = await tables.writeOne(raise(JSON.stringify(rows)));
    return { ...judged, standings: new Map(written.map(({ system }) => [system, judged.standings.get(system)!])) };
  }

  return {
    async hear(hearings) {
      const before = new Map<SystemKey, Standing>();
      for (const { system } of hearings) {
        const standing = remembered.get(system);
        if (standing === undefined) continue;
        before.set(system, standing);
        // Until it is committed nobody knows.
        remembered.delete(system);
      }
      const verdicts = new Map<Hearing, Verdict>();
      const known = hearings.filter(({ system }) => before.has(system));
      if (known.length > 0) note(verdicts, known, await hearRemembered(known, before));
      const others = hearings.filter((hearing) => !verdicts.has(hearing));
      if (others.length > 0) note(verdicts, others, await hearAnew(others));
      return hearings.map((hearing) => verdicts.get(hearing)!);
    },
  };

  function note(verdicts: Map<Hearing, Verdict>, hearings: readonly Hearing[], judged: Judged): void {
    for (const [i, hearing] of hearings.entries()) {
      const standing = judged.standings.get(hearing.system);
      if (standing === undefined) continue;
      verdicts.set(hearing, judged.verdicts[i]!);
      keepLatest(remembered, hearing.system, standing, REMEMBERED);
    }
  }
}

interface Judged {
  /** One for each hearing. */
  readonly verdicts: readonly Verdict[];
  /** What was written. */
  readonly standings: ReadonlyMap<SystemKey, Standing>;
}

function judgeAll(hearings: readonly Hearing[], before: ReadonlyMap<SystemKey, Standing>): Judged {
  const standings = new Map(before);
  const verdicts = hearings.map((hearing) => {
    const { verdict, standing } = judge(standings.get(hearing.system), hearing);
    standings.set(hearing.system, standing);
    return verdict;
  });
  return { verdicts, standings };
}

/** In the order of `columns`. */
function rowOf([system, { epoch, fingerprint, turns }]: readonly [SystemKey, Standing]) {
  return [system, epoch, fingerprint === undefined ? null : JSON.stringify(fingerprint), JSON.stringify(turns)];
}

function standingOf({ system, epoch, fingerprint, recent }: Schema["link_standing"]): [SystemKey, Standing] {
  const shown = fingerprint === null ? undefined : (JSON.parse(fingerprint) as Fingerprint);
  return [system, { epoch, fingerprint: shown, turns: JSON.parse(recent) as readonly Turn[] }];
}

/** Marks a row that was only made to be locked. */
const NEW = "";
