import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { AuditDoor } from "../../api/audit.ts";
import type { Log } from "../../platform/log/index.ts";
import { carry, type Carried } from "./http/carry.ts";
import { carryUpgrade } from "./http/carry-upgrade.ts";
import { createUpstream } from "./http/upstream.ts";
import type { Relay } from "./relay.ts";

/** Carries HTTP through relays, for whoever knows from whom to where. Neither ever rejects. */
export interface Carrier extends Disposable {
  carry(carried: Carried, outgoing: ServerResponse): Promise<void>;
  upgrade(carried: Carried, socket: Duplex, head: Buffer): Promise<void>;
}

export interface CarrierNeeds {
  readonly relay: Pick<Relay, "open" | "exchange" | "carriesBytes">;
  readonly audit: AuditDoor;
  readonly log: Log;
  /** How long a host may take to begin its answer. */
  readonly answerMs: number;
  /** How long a caller may take between two pieces of its body. */
  readonly bodyMs?: number;
}

const BODY_MS = 60_000;

export function createCarrier({ relay, audit, log, answerMs, bodyMs = BODY_MS }: CarrierNeeds): Carrier {
  const upstream = createUpstream(relay);
  const needs = { relay, upstream, audit, log, answerMs, bodyMs };
  return {
    carry: (carried, outgoing) => carry(needs, carried, outgoing),
    upgrade: (carried, socket, head) => carryUpgrade(needs, carried, socket, head),
    [Symbol.dispose]: () => upstream[Symbol.dispose](),
  };
}
