/** What an agent and the server say to each other before there is a link: plain HTTPS on the public door. */
import { z } from "zod";
import { Fingerprint, SystemIdentity } from "./facts.ts";

export const ENROLMENT_PATH = "/api/v1/enrolments";

/**
 * `POST /api/v1/enrolments`. Without a token the enrolment waits for a person. Asking again with the same key tells how
 * it stands: the CSR's signature proves who asks, so nothing else has to be kept secret.
 */
export const EnrolmentRequest = z.strictObject({
  token: z.string().max(128).optional(),
  /** PKCS #10 in PEM, P-256, self-signed; its subject is ignored except that a CN other than the enrolment's own is refused. */
  csr: z.string().max(16_384),
  fingerprint: Fingerprint,
  system: SystemIdentity,
  hostname: z.string().max(253),
  agentVersion: z.string().max(64),
});
export type EnrolmentRequest = z.output<typeof EnrolmentRequest>;

export const EnrolmentReply = z.discriminatedUnion("state", [
  z.object({
    state: z.literal("accepted"),
    enrolment: z.string().max(64),
    host: z.object({ id: z.string(), name: z.string() }),
    /** PEM: the agent's certificate, CN = enrolment. */
    certificate: z.string(),
    /** PEM of the fleet's CA. */
    ca: z.string(),
    /** `host:port`, in order of preference; may be empty: keep what you dialled. */
    servers: z.array(z.string()).max(32),
  }),
  z.object({ state: z.literal("pending"), enrolment: z.string().max(64), retryAfterMs: z.int().min(0) }),
]);
export type EnrolmentReply = z.output<typeof EnrolmentReply>;

/**
 * A join token as people see it: `atj_<secret>.<pin>`, the pin being the base64url SHA-256 of the CA's
 * SubjectPublicKeyInfo (DER), so that the agent knows the server before it tells it anything.
 */
export function splitJoinToken(token: string): { readonly token: string; readonly pin: string } | undefined {
  const match = /^(atj_[A-Za-z0-9_-]{32})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (match === null) return undefined;
  return { token: match[1]!, pin: match[2]! };
}
