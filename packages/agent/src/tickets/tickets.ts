/**
 * Words. A run's *ticket* is what the server allows, signed. The *signer* is the key whose certificate the pinned CA
 * issued under a fixed name; nobody else's word starts a command here, not even that of whoever holds the link.
 */
import { createHash, verify, X509Certificate, type KeyObject } from "node:crypto";
import {
  AtalayaError,
  rootOf,
  signedBytes,
  StreamClaims,
  TICKET_SIGNER_CN,
  TicketClaims,
  type OpenStream,
  type Start,
  type Ticket,
} from "@atalaya/protocol";
import { KEPT_SECONDS } from "../spool/journal.ts";

/** What the welcome of this link said. */
export interface TicketGround {
  readonly enrolment: string;
  /** This link's epoch. */
  readonly epoch: number;
  readonly signer: KeyObject;
  /** Epoch milliseconds by the server's clock. */
  serverNow(): number;
}

const sha256 = (bytes: Uint8Array | string): Buffer => createHash("sha256").update(bytes).digest();

/** The signer's key, or `run.ticket-invalid` when the certificate is not one of a signer of our CA. */
export function ticketSigner(certificate: string, ca: string, serverNow: number): KeyObject {
  let signer: X509Certificate;
  let authority: X509Certificate;
  try {
    signer = new X509Certificate(certificate);
    authority = new X509Certificate(ca);
  } catch (cause) {
    throw invalid("the certificate of the tickets' signer cannot be read", cause);
  }
  if (!signer.checkIssued(authority) || !signer.verify(authority.publicKey))
    throw invalid("the tickets' signer is not of our CA");
  // An agent's certificate is of our CA too: only this name, on a key of this kind, may sign.
  if (signer.subject !== `CN=${TICKET_SIGNER_CN}`) throw invalid(`${signer.subject} may not sign tickets`);
  if (signer.publicKey.asymmetricKeyType !== "ed25519") throw invalid("the tickets' signer has no Ed25519 key");
  if (serverNow < Date.parse(signer.validFrom) || serverNow > Date.parse(signer.validTo)) {
    throw invalid("the certificate of the tickets' signer is not valid now");
  }
  return signer.publicKey;
}

/** The claims of a start that may be obeyed. Throws `link.old-epoch`, `run.ticket-invalid`, `run.ticket-expired`, `run.too-old`. */
export function admitStart(start: Start, ground: TicketGround): TicketClaims {
  if (start.epoch < ground.epoch)
    throw new AtalayaError("link.old-epoch", `the start is of epoch ${start.epoch}, the link of ${ground.epoch}`);
  const flaw = flawOf(start.ticket, ground);
  if (flaw !== undefined) throw invalid(flaw);
  const claims = readClaims(start.ticket.claims);
  const wrong = mismatch(claims, start, ground.enrolment);
  if (wrong !== undefined) throw invalid(`it is for another ${wrong}`);
  const now = ground.serverNow();
  if (claims.expiresAt <= now) throw new AtalayaError("run.ticket-expired", "the ticket has expired");
  // Whoever asks knows no such run; of one so old that proves nothing, because the journal may have dropped its id.
  if (claims.createdAt <= now - KEPT_SECONDS * 1000)
    throw new AtalayaError("run.too-old", "the job is older than this agent's memory of runs: it may have run before");
  return claims;
}

/**
 * The claims of a stream that may be dialled. Throws `link.old-epoch`, `stream.ticket-invalid`, `stream.ticket-expired`.
 * A run's ticket never opens a stream, nor the other way round: neither has the other's claims.
 */
export function admitStream(open: OpenStream, ground: TicketGround): StreamClaims {
  if (open.epoch !== ground.epoch)
    throw new AtalayaError("link.old-epoch", `the stream is of epoch ${open.epoch}, the link of ${ground.epoch}`);
  const flaw = flawOf(open.ticket, ground);
  if (flaw !== undefined) throw invalidStream(flaw);
  let claims: StreamClaims;
  try {
    claims = StreamClaims.parse(JSON.parse(open.ticket.claims));
  } catch (cause) {
    throw invalidStream("its claims cannot be read", cause);
  }
  const wrong = streamMismatch(claims, open, ground);
  if (wrong !== undefined) throw invalidStream(`it is for another ${wrong}`);
  if (claims.expiresAt <= ground.serverNow())
    throw new AtalayaError("stream.ticket-expired", "the stream's ticket has expired");
  return claims;
}

function streamMismatch(claims: StreamClaims, open: OpenStream, ground: TicketGround): string | undefined {
  if (claims.stream !== open.stream) return "stream";
  if (claims.enrolment !== ground.enrolment) return "host";
  if (claims.epoch !== open.epoch) return "link";
  if (claims.kind !== open.kind) return "kind";
  return claims.digest === sha256(open.request).toString("hex") ? undefined : "request";
}

/** Why this is no ticket of our signer's; undefined: it is one. */
function flawOf(ticket: Ticket, { signer }: TicketGround): string | undefined {
  const path = ticket.path.map((hash) => Buffer.from(hash, "base64"));
  const root = rootOf(ticket.claims, ticket.index, ticket.size, path, sha256);
  if (root === undefined) return "its path does not fit its place in the tree";
  const isSigned = verify(null, signedBytes(root), signer, Buffer.from(ticket.signature, "base64"));
  return isSigned ? undefined : "its signature is wrong";
}

function mismatch(claims: TicketClaims, start: Start, enrolment: string): string | undefined {
  if (claims.run !== start.run) return "run";
  if (claims.enrolment !== enrolment) return "host";
  if (claims.capability !== start.capability) return "capability";
  return claims.digest === sha256(start.request).toString("hex") ? undefined : "request";
}

function readClaims(text: string): TicketClaims {
  try {
    return TicketClaims.parse(JSON.parse(text));
  } catch (cause) {
    throw invalid("its claims cannot be read", cause);
  }
}

function invalid(sentence: string, cause?: unknown): AtalayaError {
  return new AtalayaError("run.ticket-invalid", `the ticket is refused: ${sentence}`, { cause });
}

function invalidStream(sentence: string, cause?: unknown): AtalayaError {
  return new AtalayaError("stream.ticket-invalid", `the stream's ticket is refused: ${sentence}`, { cause });
}
