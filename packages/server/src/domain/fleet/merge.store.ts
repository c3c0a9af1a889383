import { AtalayaError } from "@atalaya/protocol";
import type { Store } from "../../platform/store/index.ts";
import type { HostKey } from "./fleet.ts";
import { addHistory } from "./history.store.ts";
import { lockedHost, stamp } from "./host-rows.store.ts";
import { presenceOf, putHardware, putPresences } from "./presence-rows.store.ts";
import { rememberedHardware } from "./recognise.ts";
import type { FleetSchema, FleetTransaction } from "./tables.store.ts";

export interface MergeStore {
  /** `from` becomes another id of `into`: its systems, history and labels move. Returns the enrolments that moved. */
  merge(from: HostKey, into: HostKey, by: { readonly actor: string; readonly now: number }): Promise<readonly string[]>;
  /** Of those that nobody has dismissed. */
  proposalsOf(host: HostKey): Promise<readonly MergeProposal[]>;
  /** False when there is no such proposal, in either direction. */
  dismiss(host: HostKey, other: HostKey, by: { readonly actor: string; readonly now: number }): Promise<boolean>;
}

export interface MergeProposal {
  readonly other: HostKey;
  readonly reason: string;
  readonly at: number;
}

export function mergeStore(store: Store): MergeStore {
  const tables = store.tables<FleetSchema>();
  return {
    merge: (from, into, { actor, now }) =>
      tables.write(async (tx) => {
        // In the order of keys, so that two merges cannot wait for each other.
        const locked = new Map<HostKey, NonNullable<Awaited<ReturnType<typeof lockedHost>>>>();
        for (const host of [from, into].sort((a, b) => a - b)) {
          const row = await lockedHost(tx, host);
          if (row === undefined) throw new AtalayaError("host.unknown", "There is no such host any more.");
          locked.set(host, row);
        }
        const [old, kept] = [locked.get(from)!, locked.get(into)!];
        const moved = await tx
          .updateTable("fleet_system")
          .set({ host: into })
          .where("host", "=", from)
          .returning("enrolment")
          .execute();
        await tx.updateTable("fleet_door").set({ host: into }).where("host", "=", from).execute();
        await moveLabels(tx, from, into);
        await movePresenceAndFacts(tx, tables.engine, from, into);
        await tx.updateTable("fleet_history").set({ host: into }).where("host", "=", from).execute();
        await moveProposals(tx, from, into);
        const hardware = rememberedHardware(hardwareOf(kept), hardwareOf(old));
        if (hardware !== undefined) await putHardware(tx, into, hardware);
        await tx.deleteFrom("fleet_mac").where("host", "=", from).execute();
        if (kept.place === null && old.place !== null) {
          await tx.updateTable("fleet_host").set({ place: old.place }).where("key", "=", into).execute();
        }
        // What made one of them suspect is not cured by calling them one.
        if (kept.quarantine_reason === null && old.quarantine_reason !== null) {
          await tx
            .updateTable("fleet_host")
            .set({ quarantine_reason: old.quarantine_reason })
            .where("key", "=", into)
            .execute();
        }
        await tx
          .updateTable("fleet_host")
          .set({ name_key: null, uuid: null, serial: null, macs: "[]", gone_at: now, merged_into: into })
          .where("key", "=", from)
          .execute();
        await addHistory(tx, tables.engine, [
          { host: into, at: now, event: "merged", actor, from: old.name, to: kept.name },
        ]);
        const revision = await tables.nextRevision(tx);
        await tx.updateTable("fleet_facts").set({ revision }).where("host", "=", into).execute();
        await stamp(tx, tables.engine, [from, into], revision);
        return moved.flatMap(({ enrolment }) => (enrolment === null ? [] : [enrolment]));
      }),
    proposalsOf: (host) =>
      tables.read(async (db) => {
        const rows = await db
          .selectFrom("fleet_merge_proposal")
          .selectAll()
          .where((where) => where.or([where("host", "=", host), where("other", "=", host)]))
          .where("dismissed_at", "is", null)
          .orderBy("at")
          .execute();
        return rows.map((row) => ({ other: row.host === host ? row.other : row.host, reason: row.reason, at: row.at }));
      }),
    dismiss: (host, other, { actor, now }) =>
      tables.write(async (tx) => {
        const rows = await tx
          .updateTable("fleet_merge_proposal")
          .set({ dismissed_at: now, dismissed_by: actor })
          .where((where) =>
            where.or([
              where.and([where("host", "=", host), where("other", "=", other)]),
              where.and([where("host", "=", other), where("other", "=", host)]),
            ]),
          )
          .where("dismissed_at", "is", null)
          .returning("host")
          .execute();
        if (rows.length === 0) return false;
        await stamp(tx, tables.engine, [host, other], await tables.nextRevision(tx));
        return true;
      }),
  };
}

function hardwareOf(row: { readonly uuid: string | null; readonly serial: string | null; readonly macs: string }) {
  return {
    ...(row.uuid === null ? {} : { uuid: row.uuid }),
    ...(row.serial === null ? {} : { serial: row.serial }),
    macs: JSON.parse(row.macs) as string[],
  };
}

/** Labels of the one that stays win: they were given to it by its name. */
async function moveLabels(tx: FleetTransaction, from: HostKey, into: HostKey): Promise<void> {
  const labels = await tx.selectFrom("fleet_label").selectAll().where("host", "=", from).execute();
  await tx.deleteFrom("fleet_label").where("host", "=", from).execute();
  if (labels.length === 0) return;
  await tx
    .insertInto("fleet_label")
    .values(labels.map((label) => ({ ...label, host: into })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The one that is online, or was last, tells what the host is like now. */
async function movePresenceAndFacts(
  tx: FleetTransaction,
  engine: "sqlite" | "postgres",
  from: HostKey,
  into: HostKey,
): Promise<void> {
  const rows = await tx.selectFrom("fleet_presence").selectAll().where("host", "in", [from, into]).execute();
  const old = rows.find(({ host }) => host === from);
  const kept = rows.find(({ host }) => host === into);
  await tx.deleteFrom("fleet_presence").where("host", "=", from).execute();
  const oldIsNewer =
    old !== undefined &&
    (kept === undefined ||
      old.online > kept.online ||
      (old.online === kept.online && old.last_seen_at > kept.last_seen_at));
  if (oldIsNewer) await putPresences(tx, engine, [{ ...presenceOf(old), host: into }]);
  const facts = await tx.deleteFrom("fleet_facts").where("host", "=", from).returningAll().executeTakeFirst();
  if (facts === undefined) return;
  if (oldIsNewer) await tx.deleteFrom("fleet_facts").where("host", "=", into).execute();
  await tx
    .insertInto("fleet_facts")
    .values({ ...facts, host: into })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function moveProposals(tx: FleetTransaction, from: HostKey, into: HostKey): Promise<void> {
  const rows = await tx
    .deleteFrom("fleet_merge_proposal")
    .where((where) => where.or([where("host", "=", from), where("other", "=", from)]))
    .returningAll()
    .execute();
  const rest = rows
    .map((row) => ({ ...row, host: row.host === from ? into : row.host, other: row.other === from ? into : row.other }))
    .filter(({ host, other }) => host !== other);
  if (rest.length === 0) return;
  await tx
    .insertInto("fleet_merge_proposal")
    .values(rest)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
