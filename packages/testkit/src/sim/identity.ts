/** Identities of simulated agents: real keys, real CSRs, real enrolment over the public door. */
import { createSecureContext } from "node:tls";
import { request } from "node:https";
import { createHash, webcrypto } from "node:crypto";
import "reflect-metadata";
import { Pkcs10CertificateRequestGenerator } from "@peculiar/x509";
import { ENROLMENT_PATH, type EnrolmentReply, type EnrolmentRequest, type Fingerprint } from "@atalaya/protocol";
import type { SimIdentity } from "./agent.ts";

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface KeyAndCsr {
  readonly keyPem: string;
  readonly csr: string;
}

/** A fresh P-256 key and its CSR; `cn` only for asking what must be refused. */
export async function newKeyAndCsr(cn?: string): Promise<KeyAndCsr> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const csr = await Pkcs10CertificateRequestGenerator.create({
    ...(cn === undefined ? {} : { name: `CN=${cn}` }),
    keys,
    signingAlgorithm: P256,
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  return {
    keyPem: `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)!.join("\n")}\n-----END PRIVATE KEY-----\n`,
    csr: csr.toString("pem"),
  };
}

/** Distinct and plausible hardware for the n-th simulated machine. */
export function fingerprintOf(n: number): Fingerprint {
  const hex = createHash("sha256").update(`machine ${n}`).digest("hex");
  const mac = `02:${hex.slice(0, 10).match(/../g)!.join(":")}`;
  return {
    uuid: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    serial: `SIM${n}`,
    macs: [mac],
  };
}

export async function postEnrolment(
  server: { readonly host: string; readonly port: number; readonly ca: string },
  body: EnrolmentRequest,
): Promise<{
  readonly status: number;
  readonly body: EnrolmentReply | { readonly code: string; readonly detail: string };
}> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: server.host,
        port: server.port,
        ca: server.ca,
        servername: "localhost",
        path: ENROLMENT_PATH,
        method: "POST",
        headers: { "content-type": "application/json" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    call.on("error", reject).end(JSON.stringify(body));
  });
}

/** Enrols the n-th simulated machine with a join token (as printed, pin and all). */
export async function enrolSim(
  server: { readonly host: string; readonly port: number; readonly ca: string },
  options: { readonly token: string; readonly n: number; readonly hostname?: string },
): Promise<SimIdentity & { readonly certificate: string; readonly keyPem: string; readonly ca: string }> {
  const { keyPem, csr } = await newKeyAndCsr();
  const fingerprint = fingerprintOf(options.n);
  const { status, body } = await postEnrolment(server, {
    token: options.token,
    csr,
    fingerprint,
    system: { kind: "os", name: `sim-${options.n}` },
    hostname: options.hostname ?? `sim-${String(options.n).padStart(5, "0")}`,
    agentVersion: "0.1.0-sim",
  });
  if (!("state" in body) || body.state !== "accepted")
    throw new Error(`enrolment of ${options.n}: ${status} ${JSON.stringify(body)}`);
  return {
    ...simIdentity({ keyPem, certificate: body.certificate, ca: body.ca, enrolment: body.enrolment, fingerprint }),
    certificate: body.certificate,
    keyPem,
    ca: body.ca,
  };
}

export function simIdentity(of: {
  readonly keyPem: string;
  readonly certificate: string;
  readonly ca: string;
  readonly enrolment: string;
  readonly fingerprint: Fingerprint;
}): SimIdentity {
  return {
    enrolment: of.enrolment,
    fingerprint: of.fingerprint,
    secureContext: createSecureContext({ key: of.keyPem, cert: of.certificate, ca: of.ca, minVersion: "TLSv1.3" }),
  };
}
