/**
 * The door for the web console: the same calls and the same live client as on Node, over the browser's own means and
 * its session cookie. Nothing behind this door may import Node.
 */
import { browserFetch } from "./browser/browser-fetch.ts";
import { browserLiveSocket } from "./browser/live-socket.ts";
import { buildClient, type Client } from "./client.ts";

export type { Client } from "./client.ts";
export { ClientError, mayRetry, type FailureCode } from "./client-error.ts";
export type { LiveEvent } from "./live/frames.ts";
export type { LiveBatch, LiveSubscription } from "./live/live.ts";
export type { components, operations, paths } from "./generated/api.ts";
export { compareNames, foldHosts, hostStates, parseSelector, textFields } from "@atalaya/protocol/selectors";
export { arrivedAt } from "./arrived.ts";
export { createSha256 } from "./browser/sha256.ts";
export { uploadParts } from "./upload-parts.ts";

export interface BrowserClientOptions {
  /** `location.origin`. */
  readonly origin: string;
  /** What proves that a change was asked for by our own page; undefined before anybody signed in. */
  readonly csrf: () => string | undefined;
  /** Told of every answer that says that nobody is signed in (any more). */
  readonly onSignedOut: () => void;
}

export function createBrowserClient(options: BrowserClientOptions): Client {
  return buildClient({
    url: options.origin,
    fetch: browserFetch(options),
    openLive: browserLiveSocket(options),
    close() {},
  });
}
