import type { Fingerprint } from "@atalaya/protocol";
import type { Kysely } from "kysely";
import type { DraftHost } from "./attachment.ts";
import type { Candidate } from "./fleet.ts";
import { meaningfulParts } from "./recognise.ts";
import type { FleetSchema } from "./tables.store.ts";

/** The known hosts that any of these newcomers could be: by any part of their hardware, or by their enrolment. */
export async function draftsFor(tx: Kysely<FleetSchema>, newcomers: readonly Candidate[]): Promise<DraftHost[]> {
  const prints = newcomers.map(({ fingerprint }) => meaningfulParts(fingerprint));
  const parts = (of: (print: Fingerprint) => readonly (string | undefined)[]) => [
    "", // never empty: `in ()` is no SQL
    ...new Set(prints.flatMap(of).filter((part) => part !== undefined)),
  ];
  const byMac = tx
    .selectFrom("fleet_mac")
    .select("host")
    .where(
      "mac",
      "in",
      parts(({ macs }) => macs),
    );
  const enrolments = newcomers.map(({ enrolment }) => enrolment);
  const byEnrolment = tx.selectFrom("fleet_system").select("host").where("enrolment", "in", enrolments);
  const rows = await tx
    .selectFrom("fleet_host")
    .selectAll()
    .where("gone_at", "is", null)
    .where((where) =>
      where.or([
        where(
          "uuid",
          "in",
          parts(({ uuid }) => [uuid]),
        ),
        where(
          "serial",
          "in",
          parts(({ serial }) => [serial]),
        ),
        where("key", "in", byMac),
        where("key", "in", byEnrolment),
      ]),
    )
    .orderBy("key")
    .execute();
  if (rows.length === 0) return [];
  const keys = rows.map(({ key }) => key);
  const labels = await tx.selectFrom("fleet_label").selectAll().where("host", "in", keys).execute();
  const systems = await tx.selectFrom("fleet_system").selectAll().where("host", "in", keys).orderBy("key").execute();
  const apart = await tx
    .selectFrom("fleet_merge_proposal")
    .select(["host", "other"])
    .where("host", "in", keys)
    .where("dismissed_at", "is not", null)
    .execute();
  return rows.map((row) => ({
    key: row.key,
    id: row.id,
    name: row.name,
    hardware: {
      ...(row.uuid === null ? {} : { uuid: row.uuid }),
      ...(row.serial === null ? {} : { serial: row.serial }),
      macs: JSON.parse(row.macs) as string[],
    },
    hardwareIsChanged: false,
    place: row.place === null ? [] : row.place.split("/"),
    placeIsChanged: false,
    labels: new Map(labels.filter(({ host }) => host === row.key).map(({ key, value }) => [key, value])),
    newLabels: new Map(),
    apart: new Set(apart.filter(({ host }) => host === row.key).map(({ other }) => other)),
    systems: systems
      .filter(({ host }) => host === row.key)
      .map(({ key, kind, name, enrolment, agent_version }) => ({
        key,
        kind,
        name,
        enrolment,
        agentVersion: agent_version,
        isChanged: false,
      })),
  }));
}
