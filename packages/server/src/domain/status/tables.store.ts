/** The room's tables as SQL sees them. Times are epoch milliseconds, documents JSON text. */
import type { Generated } from "kysely";
import type { Revision } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { EventKind, Source } from "./status.ts";

export interface HostRow {
  readonly host: HostKey;
  readonly source: Source;
  /** As it is shown. */
  readonly id: string;
  readonly position: number;
  /** Of what a foreign agent told, secrets and all; null for our own. */
  readonly legacy_digest: string | null;
  /** Whether it was in the list at the last commit. */
  readonly listed: number;
  readonly place: string | null;
  readonly changed_at: number;
  readonly revision: Revision;
}

export interface CurrentTable {
  readonly host: HostKey;
  readonly name: string;
  readonly part: number;
}

export interface ChangeRow {
  readonly host: HostKey;
  readonly revision: Revision;
  readonly at: number;
  readonly source: Source;
  readonly digest: string;
  /** JSON array: the parts that changed. */
  readonly names: string;
}

export interface EventTable {
  readonly number: Generated<number>;
  readonly revision: Revision;
  readonly at: number;
  readonly kind: EventKind;
  readonly host: HostKey;
  readonly id: string;
  readonly name: string;
  readonly digest: string | null;
  readonly place: string | null;
  readonly from_place: string | null;
  readonly names: string | null;
}

export interface Schema {
  readonly status_part: { readonly key: Generated<number>; readonly digest: string; readonly body: string };
  readonly status_host: HostRow;
  readonly status_current: CurrentTable;
  readonly status_piece: {
    readonly host: HostKey;
    readonly name: string;
    readonly revision: Revision;
    readonly part: number | null;
  };
  readonly status_change: ChangeRow;
  readonly status_event: EventTable;
}
