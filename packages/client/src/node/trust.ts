/** Whom we take for the server: a CA given, or fetched and recognised by its pin, or the system's own. */
import { createHash, X509Certificate } from "node:crypto";
import { get } from "node:https";
import { ClientError } from "../client-error.ts";

export interface Trust {
  /** PEM to verify the server with; undefined: the system's CAs. */
  ca(): Promise<string | undefined>;
  /** For TLS: who knows the fleet's CA by its pin says so, and is not shown a public certificate. */
  readonly tls: { readonly ALPNProtocols?: string[] };
}

const MAX_PEM_BYTES = 65_536;
const FETCH_WITHIN_MS = 10_000;

export function createTrust({
  url,
  ca,
  pin,
}: {
  readonly url: string;
  readonly ca?: string;
  readonly pin?: string;
}): Trust {
  let fetched: Promise<string> | undefined;
  const knowsFleet = ca === undefined && pin !== undefined;
  return {
    tls: knowsFleet ? { ALPNProtocols: ["atalaya.fleet.v1", "http/1.1"] } : {},
    async ca() {
      if (ca !== undefined || pin === undefined) return ca;
      fetched ??= fetchPinned(url, pin).catch((error: unknown) => {
        fetched = undefined;
        throw error;
      });
      return fetched;
    },
  };
}

/** Nothing is sent over this unverified connection, and what it brings is believed only if its key is the pinned one. */
async function fetchPinned(url: string, pin: string): Promise<string> {
  const pem = await fetchUnverified(new URL("/ca.pem", url));
  if (pinOf(pem) === pin) return pem;
  throw new ClientError({
    code: "server.untrusted",
    detail: `The server at ${new URL(url).host} shows another CA than the pinned one.`,
    next: "Check the address and the pin; somebody may stand between.",
  });
}

function pinOf(pem: string): string | undefined {
  try {
    const spki = new X509Certificate(pem).publicKey.export({ type: "spki", format: "der" });
    return createHash("sha256").update(spki).digest("base64url");
  } catch {
    return undefined;
  }
}

function fetchUnverified(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(new ClientError({ code: "server.unreachable", detail: `Nothing answers at ${url.host}.`, cause }));
    const request = get(url, { rejectUnauthorized: false, agent: false, timeout: FETCH_WITHIN_MS }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_PEM_BYTES) response.destroy(new Error("the CA's certificate is too long"));
        chunks.push(chunk);
      });
      response.on("end", () => resolve(Buffer.concat(chunks).toString("latin1")));
      response.on("error", fail);
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", fail);
  });
}
