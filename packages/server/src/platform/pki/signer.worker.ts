/**
 * The thread that holds the CA's key while the server runs, and signs with it. What it imports is loaded a second time in
 * this process: the protocol's door alone, with all its schemas, weighs 15 MB.
 */
import { createHash } from "node:crypto";
import { flushCompileCache } from "node:module";
import { parentPort } from "node:worker_threads";
import { AtalayaError } from "@atalaya/protocol/failures";
import {
  type Authority,
  clientCertificate,
  foundAuthority,
  loadAuthority,
  serverIdentity,
  ticketSigner,
} from "./certificates.ts";
import { proveCsr } from "./csr.ts";
import type { Ask, Answers, Question, Reply } from "./signer.ts";

let authority: Promise<Authority> | undefined;
flushCompileCache();

async function answer(ask: Ask): Promise<Answers[Ask["kind"]]> {
  switch (ask.kind) {
    case "found":
      return foundAuthority(ask.now);
    case "load":
      // A promise: what is asked right behind it waits for it.
      authority = loadAuthority(ask.identity);
      await authority;
      return null;
    case "server":
      return serverIdentity(await loaded(), ask.names, ask.now);
    case "ticket-signer":
      return ticketSigner(await loaded(), ask.cn, ask.now);
    case "read-csr": {
      const { cn, publicKey } = await proveCsr(ask.csrPem);
      return { cn, publicKeySha256: pin(publicKey) };
    }
    case "client": {
      const { cn, publicKey } = await proveCsr(ask.csrPem);
      if (cn !== undefined && cn !== ask.cn) {
        throw new AtalayaError("enrolment.csr-mismatch", "the CSR names another enrolment than the one it is for");
      }
      const certificate = await clientCertificate(await loaded(), { ...ask, publicKey });
      return {
        certificatePem: `${certificate.toString("pem")}\n`,
        serial: certificate.serialNumber.toUpperCase(),
        notAfter: certificate.notAfter.getTime(),
        publicKeySha256: pin(publicKey),
      };
    }
  }
}

function loaded(): Promise<Authority> {
  if (authority === undefined) throw new Error("the signer has no authority yet");
  return authority;
}

function pin(spki: Uint8Array): string {
  return createHash("sha256").update(spki).digest("base64url");
}

const port = parentPort;
port?.on("message", ({ id, ask }: Question) => {
  answer(ask).then(
    (value) => port.postMessage({ id, value } satisfies Reply),
    (error: unknown) => {
      const code = error instanceof AtalayaError ? error.code : undefined;
      port.postMessage({
        id,
        failure: { code, message: error instanceof Error ? error.message : String(error) },
      } satisfies Reply);
    },
  );
});
