/** The room's tables as SQL sees them. Times are epoch milliseconds, documents JSON text. */
import type { Generated } from "kysely";
import type { Revision, Tables } from "../../platform/store/index.ts";

export interface HostTable {
  readonly key: Generated<number>;
  readonly id: string;
  readonly name: string;
  /** Lower case, unique; null once the host is gone. */
  readonly name_key: string | null;
  /** Levels parted by `/`, outermost first. */
  readonly place: string | null;
  readonly uuid: string | null;
  readonly serial: string | null;
  readonly macs: string;
  readonly created_at: number;
  readonly quarantine_reason: string | null;
  /** Forgotten or merged: kept so that its id is never another's and live readers hear of it. */
  readonly gone_at: number | null;
  readonly merged_into: number | null;
  readonly revision: Revision;
}

/** `fleet_mac` repeats the MACs of hosts for looking up. */
interface MacTable {
  readonly mac: string;
  readonly host: number;
}

export interface SystemTable {
  readonly key: Generated<number>;
  readonly host: number;
  readonly kind: "live" | "os";
  readonly name: string;
  /** Null once its enrolment is revoked. */
  readonly enrolment: string | null;
  readonly agent_version: string;
  readonly created_at: number;
}

/** The host's link, or its last one. Absent: never connected. */
export interface PresenceTable {
  readonly host: number;
  readonly system: number;
  readonly online: number;
  readonly server: string;
  readonly enrolment: string;
  readonly epoch: number;
  readonly address: string;
  readonly agent_version: string;
  readonly boot_id: string;
  readonly capabilities: string;
  readonly last_seen_at: number;
  readonly offline_reason: string | null;
  readonly via: string | null;
}

/** A foreign way to a host: a gateway's connection, or its last one. */
export interface DoorTable {
  readonly key: Generated<number>;
  readonly host: number;
  readonly kind: string;
  /** What the host is called there, unique among those of a kind. */
  readonly name: string;
  readonly online: number;
  readonly server: string;
  readonly session: string;
  readonly address: string;
  readonly via: string | null;
  readonly last_seen_at: number;
  readonly offline_reason: string | null;
}

export interface FactsTable {
  readonly host: number;
  readonly digest: string;
  readonly facts: string;
  readonly revision: Revision;
}

interface LabelTable {
  readonly host: number;
  readonly key: string;
  readonly value: string;
}

export interface GroupTable {
  readonly name: string;
  readonly selector: string;
  readonly description: string | null;
  readonly changed_at: number;
  readonly changed_by: string;
  readonly gone_at: number | null;
  readonly revision: Revision;
}

export interface HistoryTable {
  readonly key: Generated<number>;
  readonly host: number;
  readonly at: number;
  readonly event: string;
  readonly details: string;
}

interface MergeProposalTable {
  readonly host: number;
  readonly other: number;
  readonly reason: string;
  readonly at: number;
  /** A person has said that they are two machines. */
  readonly dismissed_at?: number | null;
  readonly dismissed_by?: string | null;
}

interface SelectorUseTable {
  readonly actor: string;
  readonly selector_digest: string;
  readonly at: number;
  /** JSON array of host keys. */
  readonly hosts: string;
}

interface ServerTable {
  readonly name: string;
  readonly alive_at: number;
}

export interface FleetSchema {
  readonly fleet_host: HostTable;
  readonly fleet_mac: MacTable;
  readonly fleet_system: SystemTable;
  readonly fleet_presence: PresenceTable;
  readonly fleet_door: DoorTable;
  readonly fleet_facts: FactsTable;
  readonly fleet_label: LabelTable;
  readonly fleet_group: GroupTable;
  readonly fleet_history: HistoryTable;
  readonly fleet_merge_proposal: MergeProposalTable;
  readonly fleet_selector_use: SelectorUseTable;
  readonly fleet_server: ServerTable;
}

export type FleetTables = Tables<FleetSchema>;
export type FleetTransaction = Parameters<Parameters<FleetTables["write"]>[0]>[0];
