/**
 * Words. A *link* is the one connection an agent dials to us. Its *epoch* grows each time the same enrolment connects
 * anew; commands of older epochs are refused. A *door* is the TLS server it came through.
 */
import type { AgentFrame, Hello, OutputFrame, ResumeEntry, ServerFrame, SpoolEntry } from "@atalaya/protocol";
import type { HostKey, SystemKey } from "../fleet/index.ts";

/** A live link as other rooms see it. */
export interface Link {
  readonly host: HostKey;
  readonly system: SystemKey;
  readonly enrolment: string;
  readonly epoch: number;
  readonly kind: "live" | "os";
  readonly capabilities: ReadonlySet<string>;
  /** Enrolments of the waypoints it comes through, the agent's own first: its word, by which they may read for it. */
  readonly via?: readonly string[];
  /** False when its socket is closing or its unsent bytes are over the limit. */
  readonly writable: boolean;
  /** Queues a frame. Returns false when the link is gone. */
  send(frame: ServerFrame): boolean;
  /** The same for a frame that is JSON text already, for those who write thousands that are nearly alike. */
  write(text: string): boolean;
  /**
   * Reads no more frames until `resume`: whoever takes them is behind, and TCP tells the agent. The link is not
   * thought silent meanwhile. Both may be called at any time, also twice.
   */
  pause?(): void;
  resume?(): void;
}

/** Frames about other things than runs and the link itself. */
export type SideFrame = Extract<AgentFrame, { readonly type: "stream-refused" | "sample" | "status" }>;

/** Frames that are not the link's own business, for whoever owns runs. */
export type RunFrame = Exclude<AgentFrame, Hello | SideFrame | { readonly type: "facts" | "renew" }>;

/** What a room that uses links hears. All calls for one link come in order. */
export interface LinkListener {
  /** The agent said what its spool holds: answer where we stand with each. Before `up`. For whoever owns runs. */
  resume?(link: Link, spool: readonly SpoolEntry[]): Promise<readonly ResumeEntry[]>;
  /** The welcome is sent; frames may be sent from now on. */
  up(link: Link): void;
  frame?(link: Link, frame: RunFrame): void;
  aside?(link: Link, frame: SideFrame): void;
  /** `bytes` belong to the listener. */
  output?(link: Link, frame: OutputFrame): void;
  down(link: Link, reason: string): void;
}

export interface Links {
  /** The host's link at this server, if it has one. */
  of(host: HostKey): Link | undefined;
  readonly size: number;
  attach(listener: LinkListener): Disposable;
}
