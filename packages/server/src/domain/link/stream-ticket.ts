/** What the server allows one stream, signed. */
import { hash } from "node:crypto";
import { ticketTree, type OpenStream, type StreamClaims } from "@atalaya/protocol";
import type { Link } from "./links.ts";

/** An agent dials at once; what lies longer on the wire is asked again by whoever wanted it. */
const TICKET_MS = 60_000;

const sha256 = (data: Uint8Array | string): string => hash("sha256", data, "latin1");

export interface StreamWish {
  readonly stream: string;
  readonly kind: string;
  readonly user: string;
  /** JSON text. */
  readonly request: string;
}

/** The frame that asks an agent to dial, with a ticket good for this link alone. */
export function openStreamFrame(
  wish: StreamWish,
  { enrolment, epoch }: Pick<Link, "enrolment" | "epoch">,
  sign: (root: Uint8Array) => Uint8Array,
  now: number,
): OpenStream {
  const { stream, kind, user, request } = wish;
  const digest = hash("sha256", request, "hex");
  const claims = { user, stream, enrolment, epoch, kind, digest, expiresAt: now + TICKET_MS } satisfies StreamClaims;
  const text = JSON.stringify(claims);
  // A tree of one leaf: streams are few, and nobody waits for others to share a signature.
  const signature = Buffer.from(sign(ticketTree([text], sha256).root)).toString("base64");
  return {
    type: "open-stream",
    stream,
    epoch,
    kind,
    request,
    ticket: { claims: text, index: 0, size: 1, path: [], signature },
  };
}
