import type { X509Certificate } from "node:crypto";

/** Who is at the other end of a connection, as routes and rooms may know it. What a core hands in fits it. */
export interface Peer {
  readonly door: "public" | "link";
  readonly address: string;
  readonly port: number;
  /** Reverse look-up, cached, with a deadline; undefined when there is none. */
  hostName(): Promise<string | undefined>;
  readonly certificate?: X509Certificate;
}
