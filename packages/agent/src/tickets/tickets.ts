/**
 * Words. A run's *ticket* is what the server allows, signed. The *signer* is the key whose certificate the pinned CA
 * issued under a fixed name; nobody else's word starts a command here, not even that of whoever holds the link.
 */
import { createHash, verify, X509Certificate, type KeyObject } from "node:crypto";
import { AtalayaError, rootOf, signedBytes, TICKET_SIGNER_CN, TicketClaims, type Start } from "@atalaya/protocol";
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
  const { ticket } = start;
  const path = ticket.path.map((hash) => Buffer.from(hash, "base64"));
  const root = rootOf(ticket.claims, ticket.index, ticket.size, path, sha256);
  if (root === undefined) throw invalid("its path does not fit its place in the tree");
  if (!verify(null, signedBytes(root), ground.signer, Buffer.from(ticket.signature, "base64")))
    throw invalid("its signature is wrong");
  const claims = readClaims(ticket.claims);
  const wrong = mismatch(claims, start, ground.enrolment);
  if (wrong !== undefined) throw invalid(`it is for another ${wrong}`);
  const now = ground.serverNow();
  if (claims.expiresAt <= now) throw new AtalayaError("run.ticket-expired", "the ticket has expired");
  // Whoever asks knows no such run; of one so old that proves nothing, because the journal may have dropped its id.
  if (claims.createdAt <= now - KEPT_SECONDS * 1000)
    throw new AtalayaError("run.too-old", "the job is older than this agent's memory of runs: it may have run before");
  return claims;
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
