/**
 * Words. The *status* of a host is one document of *parts*. A host is *connected* while it is online, and *listed* from
 * the moment it has confirmed its status since; it keeps its place in the order in which hosts first became ready. A
 * *change* is one revision of a document; an *event* is what became of the list. What is *live* changes by itself and is
 * in no digest.
 */
import type { Live } from "@atalaya/protocol";
import type { Revision } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Difference } from "./difference.ts";
import type { Document } from "./document.ts";
import type { Block } from "./listing.ts";

/** By which door a status came. */
export type Source = "agent" | "bolt";

/** `patch`: parts to set, null to take away. What is live in the part `os` is told apart by the room. */
export type StatusNews =
  | { readonly whole: Readonly<Record<string, unknown>> }
  | { readonly patch: Readonly<Record<string, unknown>> };

export interface Put {
  /** Names of the parts that changed; empty: it was confirmed. */
  readonly changed: readonly string[];
  readonly revision: Revision;
}

export const eventKinds = ["added", "ready", "changed", "removed", "moved"] as const;
/** `moved`: to another place, which only those notice who see one of the two. */
export type EventKind = (typeof eventKinds)[number];

export interface StatusEvent {
  readonly revision: Revision;
  readonly at: number;
  readonly kind: EventKind;
  readonly host: HostKey;
  /** As it is shown in the list. */
  readonly id: string;
  readonly name: string;
  readonly digest?: string;
  /** Where the host stood then; absent: nowhere. */
  readonly place?: string;
  /** Where it stood before. */
  readonly from?: string;
  /** The parts that changed. */
  readonly names?: readonly string[];
}

/** A host with what is known of it. Replaced as a whole when it changes, but for what is live. */
export interface StatusEntry extends Document {
  readonly host: HostKey;
  readonly source: Source;
  /** 0: it was never ready. */
  readonly position: number;
  readonly digest: string;
  /** The value of the original; of our own agents over what is shown, of foreign ones over what they told. */
  readonly legacyDigest: string;
  readonly changedAt: number;
  readonly revision: Revision;
  readonly state: "absent" | "connected" | "listed";
  readonly place: string | undefined;
  live: Live | undefined;
  /** Grows with all that is live. */
  beats: number;
}

/** Whose eyes: limited to these places, or to none. */
export interface Scope {
  readonly places?: readonly string[] | undefined;
}

/** What one scope sees of the list, kept as it changes. */
export interface ScopeList {
  readonly size: number;
  readonly digest: string;
  readonly legacyDigest: string;
  /** Grows with every change, also of what is live. */
  readonly version: number;
  readonly blocks: readonly Block<StatusEntry>[];
}

export interface HistoryEntry {
  readonly revision: Revision;
  readonly at: number;
  readonly source: Source;
  readonly digest: string;
  readonly parts: readonly string[];
}

export interface StatusDiff {
  readonly from: HistoryEntry;
  readonly to: HistoryEntry;
  readonly differences: readonly Difference[];
  /** There are more than these. */
  readonly truncated: boolean;
}

/** What other rooms and gateways may ask. */
export interface StatusRoom extends AsyncDisposable {
  /**
   * What a host told of itself; resolves when it is committed. Throws `status.too-large`, `host.unknown`. Secrets are
   * taken out here, too.
   */
  put(host: HostKey, news: StatusNews, source: Source): Promise<Put>;
  /** What changes by itself; nothing is committed. */
  beat(host: HostKey, live: Live): void;
  /** Undefined until it has told something. */
  get(host: HostKey): StatusEntry | undefined;
  /** By the id that is shown. */
  byShownId(id: string): StatusEntry | undefined;
  /** All that have told a status, listed or not, in the order of becoming ready. */
  readonly all: readonly StatusEntry[];
  list(scope: Scope): ScopeList;
  /** Of the last event that is in memory. */
  readonly revision: Revision;
  /** Undefined when it is not known any more what happened since then. */
  eventsAfter(revision: Revision): readonly StatusEvent[] | undefined;
  /** Newest first. */
  history(
    host: HostKey,
    page: { readonly before?: Revision; readonly limit: number },
  ): Promise<readonly HistoryEntry[]>;
  /** The document at a revision; throws `status.no-revision`. */
  at(host: HostKey, revision: Revision): Promise<{ readonly entry: HistoryEntry; readonly document: Document }>;
  diff(host: HostKey, from: Revision, to: Revision): Promise<StatusDiff>;
  /** Changes before this time go. Returns how many. */
  prune(before: number): Promise<number>;
  /** Resolves when all that was put before the call is committed. */
  settled(): Promise<void>;
  readonly memory: { readonly parts: number; readonly bytes: number };
}
