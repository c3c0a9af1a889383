/** Writes start frames: one signature for a batch of tickets, one JSON text of the request for a whole job. */
import { hash } from "node:crypto";
import { ticketTree, type Start } from "@atalaya/protocol";
import type { Link } from "../link/index.ts";
import type { ActiveRun } from "./book.ts";
import type { Secrets } from "./seal.ts";

/**
 * Tickets that share one signature. A larger batch saves signatures (30 µs each) but lengthens every path by 44
 * characters a doubling: at 256 the signature costs 0.1 µs a run, at 4096 the paths cost three times that.
 */
export const BATCH = 256;
/** How long a ticket may lie on the wire; it is made anew whenever the run is sent again. */
const TICKET_MS = 5 * 60_000;

export interface Dispatch {
  readonly run: ActiveRun;
  readonly link: Link;
  readonly secrets: Secrets | undefined;
}

export type SignTickets = (root: Uint8Array) => Uint8Array;

const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** Queues the start frames of a batch; returns those whose link was gone. */
export function dispatch(batch: readonly Dispatch[], sign: SignTickets, now: number): readonly Dispatch[] {
  if (batch.length === 0) return [];
  const expiresAt = now + TICKET_MS;
  const claims = batch.map(({ run, link }) =>
    JSON.stringify({
      user: run.job.createdBy,
      run: run.id,
      enrolment: link.enrolment,
      capability: run.job.capability,
      digest: run.job.digest,
      expiresAt,
    }),
  );
  const tree = ticketTree(claims, sha256);
  const signature = base64(sign(tree.root));
  const texts = new Map<Uint8Array, string>();
  const text = (node: Uint8Array): string => {
    let known = texts.get(node);
    if (known === undefined) texts.set(node, (known = base64(node)));
    return known;
  };

  return batch.filter(({ run, link, secrets }, index) => {
    const start: Start = {
      type: "start",
      run: run.id,
      handle: run.handle,
      epoch: link.epoch,
      capability: run.job.capability,
      request: run.job.request,
      ticket: { claims: claims[index]!, index, size: claims.length, path: tree.pathOf(index).map(text), signature },
    };
    return !link.send(secrets === undefined ? start : { ...start, secrets: { ...secrets } });
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
