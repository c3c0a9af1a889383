import { AtalayaError } from "@atalaya/protocol";
import { type Store, violation } from "../../platform/store/index.ts";
import type { HostKey } from "./fleet.ts";
import { addHistory } from "./history.store.ts";
import { lockedHost, stamp } from "./host-rows.store.ts";
import { changedLabels } from "./names.ts";
import type { HistoryEntry } from "./presence.ts";
import type { FleetSchema } from "./tables.store.ts";

export interface HostPatch {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string | null>>;
  /** Null: nowhere. */
  readonly place?: readonly string[] | null;
}

/** What people change about one host. Each throws `host.unknown` when it is gone. */
export interface ChangesStore {
  change(host: HostKey, patch: HostPatch, by: { readonly actor: string; readonly now: number }): Promise<void>;
  quarantine(host: HostKey, reason: string, now: number): Promise<void>;
  /** Throws `request.conflict` when it is not in quarantine. */
  release(host: HostKey, by: { readonly actor: string; readonly now: number }): Promise<void>;
  /** Throws `host.online`. Returns the enrolments of its systems. */
  forget(host: HostKey, now: number): Promise<readonly string[]>;
}

export function changesStore(store: Store): ChangesStore {
  const tables = store.tables<FleetSchema>();
  return {
    async change(host, patch, { actor, now }) {
      const changing = tables.write(async (tx) => {
        const row = (await lockedHost(tx, host)) ?? unknown();
        const entries: HistoryEntry[] = [];
        if (patch.name !== undefined && patch.name !== row.name) {
          const { name } = patch;
          await tx
            .updateTable("fleet_host")
            .set({ name, name_key: name.toLowerCase() })
            .where("key", "=", host)
            .execute();
          entries.push({ host, at: now, event: "renamed", actor, from: row.name, to: name });
        }
        const place = patch.place === undefined ? row.place : patch.place === null ? null : patch.place.join("/");
        if (place !== row.place) {
          await tx.updateTable("fleet_host").set({ place }).where("key", "=", host).execute();
          entries.push({ host, at: now, event: "placed", actor, from: row.place ?? "", to: place ?? "" });
        }
        if (patch.labels !== undefined) {
          const rows = await tx.selectFrom("fleet_label").selectAll().where("host", "=", host).execute();
          const before = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
          const after = changedLabels(before, patch.labels);
          const [from, to] = [writtenLabels(before), writtenLabels(after)];
          if (from !== to) {
            await tx.deleteFrom("fleet_label").where("host", "=", host).execute();
            const kept = Object.entries(after).map(([key, value]) => ({ host, key, value }));
            if (kept.length > 0) await tx.insertInto("fleet_label").values(kept).execute();
            entries.push({ host, at: now, event: "labelled", actor, from, to });
          }
        }
        if (entries.length === 0) return;
        await addHistory(tx, tables.engine, entries);
        await stamp(tx, tables.engine, [host], await tables.nextRevision(tx));
      });
      await changing.catch((error: unknown) => {
        if (violation(error) !== "unique") throw error;
        throw new AtalayaError("host.name-taken", `Another host is called ${patch.name}.`, { cause: error });
      });
    },
    quarantine: (host, reason, now) =>
      tables.write(async (tx) => {
        const row = (await lockedHost(tx, host)) ?? unknown();
        if (row.quarantine_reason === reason) return;
        await tx.updateTable("fleet_host").set({ quarantine_reason: reason }).where("key", "=", host).execute();
        await addHistory(tx, tables.engine, [{ host, at: now, event: "quarantined", reason }]);
        await stamp(tx, tables.engine, [host], await tables.nextRevision(tx));
      }),
    release: (host, { actor, now }) =>
      tables.write(async (tx) => {
        const row = (await lockedHost(tx, host)) ?? unknown();
        if (row.quarantine_reason === null) {
          throw new AtalayaError("request.conflict", `${row.name} is not in quarantine.`);
        }
        await tx.updateTable("fleet_host").set({ quarantine_reason: null }).where("key", "=", host).execute();
        await addHistory(tx, tables.engine, [
          { host, at: now, event: "released", actor, reason: row.quarantine_reason },
        ]);
        await stamp(tx, tables.engine, [host], await tables.nextRevision(tx));
      }),
    forget: (host, now) =>
      tables.write(async (tx) => {
        const row = (await lockedHost(tx, host)) ?? unknown();
        const presence = await tx
          .selectFrom("fleet_presence")
          .select("online")
          .where("host", "=", host)
          .executeTakeFirst();
        const door = await tx
          .selectFrom("fleet_door")
          .select("key")
          .where("host", "=", host)
          .where("online", "=", 1)
          .executeTakeFirst();
        if (presence?.online === 1 || door !== undefined) {
          throw new AtalayaError("host.online", `${row.name} is online: only offline hosts are forgotten.`);
        }
        const systems = await tx.deleteFrom("fleet_system").where("host", "=", host).returning("enrolment").execute();
        for (const table of [
          "fleet_presence",
          "fleet_door",
          "fleet_facts",
          "fleet_label",
          "fleet_mac",
          "fleet_history",
        ] as const) {
          await tx.deleteFrom(table).where("host", "=", host).execute();
        }
        await tx
          .deleteFrom("fleet_merge_proposal")
          .where((where) => where.or([where("host", "=", host), where("other", "=", host)]))
          .execute();
        await tx
          .updateTable("fleet_host")
          .set({ name_key: null, place: null, uuid: null, serial: null, macs: "[]", gone_at: now })
          .where("key", "=", host)
          .execute();
        await stamp(tx, tables.engine, [host], await tables.nextRevision(tx));
        return systems.flatMap(({ enrolment }) => (enrolment === null ? [] : [enrolment]));
      }),
  };
}

function unknown(): never {
  throw new AtalayaError("host.unknown", "There is no such host.");
}

function writtenLabels(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]!}`)
    .join(", ");
}
