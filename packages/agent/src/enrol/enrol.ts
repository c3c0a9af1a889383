/** How an agent becomes known: it learns the fleet's CA, shows its key, and waits to be accepted. */
import { createHash, X509Certificate } from "node:crypto";
import {
  AtalayaError,
  ENROLMENT_PATH,
  EnrolmentReply,
  failures,
  FLEET_PROTOCOL,
  type EnrolmentRequest,
} from "@atalaya/protocol";
import { nextWait } from "../link/backoff.ts";
import { showAddress, type Address } from "../link/addresses.ts";
import { withServers } from "../link/servers.ts";
import type { Environment } from "../link/proxy.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { certificateRequest } from "./csr.ts";
import { fetchText } from "./https.ts";
import type { Enrolled, IdentityFiles } from "./identity.ts";
import { pause } from "../platform/pause.ts";

export type Trust =
  | { readonly kind: "pin"; readonly pin: string }
  | { readonly kind: "certificate"; readonly ca: string };

export interface EnrolNeeds {
  readonly servers: readonly Address[];
  readonly trust: Trust;
  readonly token?: string;
  readonly identity: IdentityFiles;
  readonly about: Pick<EnrolmentRequest, "fingerprint" | "system" | "hostname" | "agentVersion">;
  readonly environment: Environment;
  readonly log: Log;
  readonly signal?: AbortSignal;
  /** Called once when a person has to accept this machine. */
  readonly onPending?: (enrolment: string) => void;
}

/** A server may show visitors a public certificate: an agent knows one CA, the fleet's. */
const protocols = [FLEET_PROTOCOL, "http/1.1"];

const RETRY = { baseMs: 1_000, capMs: 30_000 };

/** Resolves when the server accepted this agent and all is kept. Throws what cannot get better by waiting. */
export async function enrol(needs: EnrolNeeds): Promise<Enrolled> {
  let wait: number | undefined;
  let told = false;
  for (;;) {
    let least = 0;
    try {
      const { reply, ca } = await askAnyone(needs);
      if (reply.state === "accepted") return await keep(needs, reply, ca);
      least = reply.retryAfterMs;
      if (!told) {
        told = true;
        needs.log.info("enrolment.pending", { enrolment: reply.enrolment });
        needs.onPending?.(reply.enrolment);
      }
    } catch (error) {
      if (!mayRetry(error)) throw error;
      needs.log.warn("enrolment.retry", failureOf(error));
    }
    wait = nextWait(RETRY, wait, Math.random());
    await pause(Math.max(least, wait), needs.signal);
    if (needs.signal?.aborted === true) throw new AtalayaError("server.draining", "the agent stops");
  }
}

/** One round over the servers. Throws the last failure when none answered. */
async function askAnyone(needs: EnrolNeeds): Promise<{ readonly reply: EnrolmentReply; readonly ca: string }> {
  let last: unknown = new AtalayaError("settings.wrong", "no server is named");
  for (const address of needs.servers) {
    try {
      const ca = await authorityOf(address, needs);
      return { reply: await ask(address, ca, needs), ca };
    } catch (error) {
      if (!mayRetry(error)) throw error;
      last = error;
    }
  }
  throw last;
}

async function ask(
  address: Address,
  ca: string,
  { identity, token, about, environment }: EnrolNeeds,
): Promise<EnrolmentReply> {
  const body: EnrolmentRequest = {
    ...(token === undefined ? {} : { token }),
    csr: certificateRequest(await identity.key()),
    ...about,
  };
  const text = await fetchText({ method: "POST", path: ENROLMENT_PATH, address, environment, ca, protocols, body });
  try {
    return EnrolmentReply.parse(JSON.parse(text));
  } catch (cause) {
    throw new AtalayaError("frame.malformed", `${showAddress(address)} answered with what is not an enrolment`, {
      cause,
    });
  }
}

/** The fleet's CA: nothing is told to a server before it is known that the pinned key stands behind it. */
export async function authorityOf(
  address: Address,
  { trust, environment }: Pick<EnrolNeeds, "trust" | "environment">,
): Promise<string> {
  if (trust.kind === "certificate") return trust.ca;
  const text = await fetchText({ method: "GET", path: "/ca.pem", address, environment, ca: undefined, protocols });
  for (const pem of text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []) {
    if (pinOf(pem) === trust.pin) return `${pem}\n`;
  }
  throw new AtalayaError("enrolment.ca-mismatch", `the CA of ${showAddress(address)} is not the one the token names`, {
    next: "check the server's address, and that nobody stands in between; then ask for a new token",
  });
}

/** The base64url SHA-256 of the key's SubjectPublicKeyInfo; undefined when this is no certificate. */
export function pinOf(pem: string): string | undefined {
  try {
    const spki = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(spki).digest("base64url");
  } catch {
    return undefined;
  }
}

type Accepted = Extract<EnrolmentReply, { readonly state: "accepted" }>;

async function keep({ identity, servers, log }: EnrolNeeds, reply: Accepted, ca: string): Promise<Enrolled> {
  const certificate = new X509Certificate(reply.certificate);
  const authority = new X509Certificate(ca);
  if (
    !certificate.checkIssued(authority) ||
    !certificate.verify(authority.publicKey) ||
    !certificate.checkPrivateKey(await identity.key())
  ) {
    throw new AtalayaError(
      "enrolment.ca-mismatch",
      "the certificate that was issued is not for our key by the pinned CA",
    );
  }
  const enrolled: Enrolled = {
    enrolment: reply.enrolment,
    host: reply.host,
    servers: [...withServers(servers.map(showAddress), reply.servers)],
    certificate: reply.certificate,
    // The pinned one, whatever the reply says.
    ca,
  };
  await identity.keep(enrolled);
  log.info("enrolment.accepted", { enrolment: reply.enrolment, host: reply.host.name });
  return enrolled;
}

function mayRetry(error: unknown): boolean {
  return error instanceof AtalayaError && (error.code === "host.offline" || failures[error.code].retry);
}
