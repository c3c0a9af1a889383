/**
 * The door for programs on Node. Words: a *call* is one request to the REST API, typed by its path; the *live client*
 * follows topics over one WebSocket that reconnects by itself; a *pin* is the SHA-256 of the CA's public key, as it
 * stands behind the dot of a join token; a *blob* is a file's bytes by their SHA-256, named by jobs.
 */
import { buildClient, type Client as CommonClient } from "./client.ts";
import { httpsFetch } from "./node/https-fetch.ts";
import { nodeLiveSocket } from "./node/live-socket.ts";
import { nodeRelays, type OpenRelay } from "./node/relay-socket.ts";
import { nodeTerminals, type OpenTerminal } from "./node/terminal-socket.ts";
import { createTrust } from "./node/trust.ts";

export { arrivedAt, type RunProgress } from "./arrived.ts";
export { ClientError, exitStatusOf, type FailureCode } from "./client-error.ts";
export { verifyAuditExport, type AuditExportVerdict } from "./node/audit-export.ts";
export { uploadBlob, type UploadedBlob } from "./node/upload-blob.ts";
export type { UploadOptions } from "./upload-parts.ts";
export type { OpenRelay, RelayWish } from "./node/relay-socket.ts";
export type {
  OpenTerminal,
  TerminalHandlers,
  TerminalOpening,
  TerminalSession,
  TerminalWish,
} from "./node/terminal-socket.ts";
export type { LiveEvent } from "./live/frames.ts";
export type { LiveBatch, LiveOptions, LiveSubscription } from "./live/live.ts";
export type { components, operations, paths } from "./generated/api.ts";

/** What every client can do, and what needs Node. */
export interface Client extends CommonClient {
  /** Opens a terminal on a host; it belongs to the caller. */
  readonly openTerminal: OpenTerminal;
  /** Opens a connection to a port of a host; it belongs to the caller. */
  readonly openRelay: OpenRelay;
}

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
  const withToken = token === undefined ? {} : { token };
  const common = buildClient({
    url,
    ...withToken,
    fetch: fetch ?? transport.fetch,
    openLive: nodeLiveSocket({ url, trust, ...withToken }),
    close: transport.close,
  });
  return {
    ...common,
    openTerminal: nodeTerminals({ url, trust, ...withToken }),
    openRelay: nodeRelays({ url, trust, ...withToken }),
  };
}
export { compareNames, foldHosts } from "@atalaya/protocol/selectors";
