/**
 * The door for programs on Node. Words: a *call* is one request to the REST API, typed by its path; the *live client*
 * follows topics over one WebSocket that reconnects by itself; a *pin* is the SHA-256 of the CA's public key, as it
 * stands behind the dot of a join token; a *blob* is a file's bytes by their SHA-256, named by jobs.
 */
import { buildClient, type Client } from "./client.ts";
import { httpsFetch } from "./node/https-fetch.ts";
import { nodeLiveSocket } from "./node/live-socket.ts";
import { createTrust } from "./node/trust.ts";

export type { Client } from "./client.ts";
export { ClientError, exitStatusOf, type FailureCode } from "./client-error.ts";
export { verifyAuditExport, type AuditExportVerdict } from "./node/audit-export.ts";
export { uploadBlob, type UploadedBlob, type UploadOptions } from "./node/upload-blob.ts";
export type { LiveEvent } from "./live/frames.ts";
export type { LiveBatch, LiveOptions, LiveSubscription } from "./live/live.ts";
export type { components, operations, paths } from "./generated/api.ts";

export interface ClientOptions {
  /** `https://host:port`. */
  readonly url: string;
  /** An API token. A function is asked each time: the local token of the server's machine is new with every start. */
  readonly token?: string | (() => string | undefined);
  /** PEM of the CA that signed the server's certificate. */
  readonly ca?: string;
  /** Instead of `ca`: the base64url SHA-256 of the CA's public key; the CA is then fetched and compared. */
  readonly pin?: string;
  /** Instead of our own over node:https; it then answers for trust. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export function createClient({ url, token: given, ca, pin, fetch }: ClientOptions): Client {
  const token = typeof given === "string" ? () => given : given;
  const trust = createTrust({ url, ...(ca === undefined ? {} : { ca }), ...(pin === undefined ? {} : { pin }) });
  const transport = httpsFetch(trust);
  return buildClient({
    url,
    ...(token === undefined ? {} : { token }),
    fetch: fetch ?? transport.fetch,
    openLive: nodeLiveSocket({ url, trust, ...(token === undefined ? {} : { token }) }),
    close: transport.close,
  });
}
export { compareNames, foldHosts } from "@atalaya/protocol/selectors";
