/**
 * Words. A *host* is a machine, recognised by its hardware. A *system* is an operating system that boots on it, with
 * an enrolment of its own; one is online at a time. A *place* is a node of the tree site → lab → host. A *label* is a
 * free key=value; a *group* a saved selector. The *directory* is what is known of all hosts, in memory, by revision.
 */
import type { Facts, Fingerprint, SystemIdentity } from "@atalaya/protocol";
import type { Revision } from "../../platform/store/engine.ts";

/** Inner key of a host: a small integer, never shown outside. */
export type HostKey = number & { readonly __host?: never };
/** Inner key of a system. */
export type SystemKey = number & { readonly __system?: never };

/** A host as selectors and other rooms see it. */
export interface DirectoryHost {
  readonly key: HostKey;
  /** Prefixed and unguessable: `host_…`. */
  readonly id: string;
  readonly name: string;
  /** Path of its place, outermost first: `["site-a", "aula-1"]`; empty: nowhere. */
  readonly place: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Facts;
  readonly state: "online" | "offline" | "quarantined" | "pending";
  /** The system that is, or was last, online. */
  readonly system?: {
    readonly key: SystemKey;
    readonly kind: "live" | "os";
    readonly name: string;
    readonly enrolment: string;
  };
  /** Agents of it were enrolled, and the enrolment of each was revoked: none will come. */
  readonly isBarred: boolean;
  /** Our agent's link, or its last one; absent where no agent of ours ever enrolled. */
  readonly agent?: Omit<HostDoor, "kind" | "via" | "address" | "lastSeenAt"> &
    Partial<Pick<HostDoor, "address" | "lastSeenAt">>;
  /** Names, as they are now, of the hosts whose agents carry its link or carried its last one, the nearest to it first. */
  readonly via?: () => string[];
  readonly agentVersion?: string;
  readonly lastSeenAt?: number;
  /** Why it is offline: a failure code or `never-connected`, `closed`, `server-stopped`. */
  readonly offlineReason?: string;
  readonly addresses: readonly string[];
  readonly capabilities: readonly string[];
  /** Ways to it that are no link of ours, in the order in which they were first used. */
  readonly doors: readonly HostDoor[];
  readonly revision: Revision;
}

/** By which foreign protocols hosts come in, beside the link of our agent. */
export type DoorKind = "bolt";

/** One way to a host that is no link of ours. */
export interface HostDoor {
  readonly kind: DoorKind;
  /** What the host is called there. */
  readonly name: string;
  readonly online: boolean;
  readonly address: string;
  /** The foreign server it is reached through, `host:port`. */
  readonly via?: string;
  readonly lastSeenAt: number;
  readonly offlineReason?: string;
}

/** Somebody who has come in by a gateway, and proven its name there. */
export interface Guest {
  readonly door: DoorKind;
  /** Proven: the name in its certificate. */
  readonly name: string;
  /** Further names that whoever let it in has given it, such as the machine's UUID. */
  readonly aliases?: readonly string[];
  /** Of this connection: only its own end makes the host offline. */
  readonly session: string;
  readonly address: string;
  readonly via?: string;
  /** What it calls itself: good for a name, proves nothing. */
  readonly hostname?: string;
  readonly at: number;
}

export interface Entrance {
  readonly host: HostKey;
  readonly verdict: "known" | "recognised" | "new-host" | "merge-proposed";
}

export interface Leave {
  readonly door: DoorKind;
  readonly name: string;
  readonly session: string;
  readonly reason: string;
  readonly at: number;
}

export interface Resolution {
  /** In natural order of names. */
  readonly hosts: readonly DirectoryHost[];
  /** The selector as it was read, in canonical form. */
  readonly selector: string;
}

export type Attachment =
  | {
      readonly verdict: "new-host" | "known-host" | "another-system";
      readonly host: HostKey;
      readonly system: SystemKey;
    }
  /** Parts of the fingerprint point at different hosts: a person is asked; meanwhile it is a host of its own. */
  | { readonly verdict: "merge-proposed"; readonly host: HostKey; readonly system: SystemKey; readonly other: HostKey };

/** Who an enrolling agent says it is. */
export interface Newcomer {
  readonly enrolment: string;
  readonly fingerprint: Fingerprint;
  readonly system: SystemIdentity;
  readonly hostname: string;
  readonly agentVersion: string;
  /** Of the join token: for hosts that have no place yet. */
  readonly place?: readonly string[];
  /** Of the join token: for hosts that have no such labels yet. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * The places that whoever let it in is limited to. Known hardware that stands elsewhere is not taken over on their
   * word: a fingerprint is only a claim.
   */
  readonly reach?: readonly string[];
}

export type Candidate = Pick<Newcomer, "enrolment" | "fingerprint" | "system" | "reach">;

/** What would become of somebody who is let in. */
export type Foreseen =
  | { readonly verdict: "new-host" }
  /** `replaces`: the enrolment that this system of the host has now, and would lose. */
  | { readonly verdict: "known-host" | "another-system"; readonly host: HostKey; readonly replaces?: string }
  | { readonly verdict: "merge-proposed"; readonly host: HostKey; readonly reason: string };

export interface LinkUp {
  readonly system: SystemKey;
  readonly host: HostKey;
  readonly enrolment: string;
  readonly address: string;
  readonly agentVersion: string;
  readonly bootId: string;
  readonly nonce: string;
  readonly fingerprint: Fingerprint;
  readonly capabilities: readonly string[];
  readonly at: number;
  /** The link's epoch, so that news of an older link cannot undo that of a newer one. */
  readonly epoch?: number;
  /** Enrolments of the waypoints it comes through, the host's own end first; its word. */
  readonly via?: readonly string[];
}

export interface LinkDown {
  readonly system: SystemKey;
  readonly host: HostKey;
  readonly reason: string;
  readonly at: number;
  readonly epoch?: number;
}

export interface ResolveScope {
  /** Paths of places; only hosts below them are hit. */
  readonly places?: readonly string[];
  /** The actor that really uses these hosts (a job was made): what a later preview tells the difference to. */
  readonly usedBy?: string;
}

/** What other rooms may ask of the fleet. Routes, groups, places and history stand behind it in the same room. */
export interface Fleet {
  /** Which hosts a selector hits now. Throws `selector.malformed`, `group.unknown`. Limited to `places` when given. */
  resolve(selector: string, scope?: ResolveScope): Promise<Resolution>;
  /** By id or exact name; throws `host.unknown`. */
  host(idOrName: string): Promise<DirectoryHost>;
  /** Without waiting, from the directory; undefined for keys it does not know (yet). */
  byKey(key: HostKey): DirectoryHost | undefined;

  // Called by `enrolment`.
  /** Finds or makes the host and system that an enrolling agent speaks for. */
  attach(newcomer: Newcomer): Promise<Attachment>;
  /** What `attach` would do with each of these now; nothing is changed. */
  foresee(newcomers: readonly Candidate[]): Promise<readonly Foreseen[]>;
  /** A revoked enrolment's system leaves; its host stays. */
  detach(enrolment: string): Promise<void>;

  // Called by `link`. Many at once: they are committed in groups.
  linkUp(link: LinkUp): Promise<void>;
  linkDown(link: LinkDown): Promise<void>;
  learn(host: HostKey, facts: Facts, digest: string): Promise<void>;
  /** The digest of the facts last committed for this host. */
  factsDigest(host: HostKey): string | undefined;
  quarantine(host: HostKey, reason: string): Promise<void>;

  // Called by gateways.
  /** Finds the host by what is proven of the guest, or makes one; it is online from now on. */
  enter(guest: Guest): Promise<Entrance>;
  /** Nothing happens when a newer connection has come in meanwhile. */
  leave(leave: Leave): Promise<void>;

  /** The host a system boots on now: another than at its enrolment once hosts were merged. */
  hostOfSystem(system: SystemKey): HostKey | undefined;
  /** Undefined for one that was revoked, or that the directory does not know (yet). */
  hostOfEnrolment(enrolment: string): DirectoryHost | undefined;
  /**
   * Called after hosts were merged (`into` is the one that stays) or forgotten (`into` is absent), at the server that
   * did it: links of these enrolments must end, and those of forgotten hosts not come back.
   */
  onGone(listener: (gone: HostGone) => void): Disposable;
  /** Called when a host has become barred, whichever server did it. */
  onBarred(listener: (host: HostKey) => void): Disposable;
}

export interface HostGone {
  readonly host: HostKey;
  readonly into?: HostKey;
  readonly enrolments: readonly string[];
}
