import type { Duplex, Readable } from "node:stream";
import type { DirectoryHost } from "../fleet/index.ts";

/** A port as the host sees it; `host` absent: the host itself, on its loopback. */
export interface RelayTarget {
  readonly port: number;
  readonly host?: string;
}

/** One HTTP request, for roads that know nothing smaller. Hop-by-hop headers are gone already. */
export interface RoadRequest {
  readonly method: string;
  /** Begins with a slash; with its query. */
  readonly path: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Absent: the request has none. */
  readonly body?: Readable;
}

export interface RoadAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Readable;
}

/** One host as `/clients` shows it: facts of the original's wire. */
export interface RelayClient {
  readonly cname: string;
  readonly ports: readonly number[];
  readonly address: string;
}

/**
 * How some hosts are reached besides our own agent's link. It carries bytes, or whole HTTP exchanges, or both. What it
 * throws is an `AtalayaError`: `relay.*`, `stream.*`, `host.offline`.
 */
export interface Road {
  /** `bolt`. Shown in metrics and logs. */
  readonly kind: string;
  /** Whether it leads to this host now. */
  reaches(host: DirectoryHost): boolean;
  open?(host: DirectoryHost, target: RelayTarget, about: RoadAbout): Promise<Duplex>;
  exchange?(host: DirectoryHost, target: RelayTarget, request: RoadRequest, about: RoadAbout): Promise<RoadAnswer>;
  /** What `/clients` says of it; absent: what it says of every host. */
  client?(host: DirectoryHost): RelayClient;
}

export interface RoadAbout {
  /** The actor's name. */
  readonly user: string;
  readonly permissions: ReadonlySet<string>;
  /** Ends what was opened, whenever it comes. Its reason is an `AtalayaError`. */
  readonly signal: AbortSignal;
}
