/**
 * Which page asks? All origins of one relay domain are one site to browsers, so SameSite keeps other hosts' pages from
 * nothing: what they say themselves (`Origin`, `Sec-Fetch-Site`; a page cannot forge either) decides. Pure.
 */
import type { IncomingMessage } from "node:http";
import { AtalayaError } from "@atalaya/protocol";

export type Asking = "page" | "socket";

/** Throws `identity.foreign-origin` for what another origin's page asks, but for a person's following a link here. */
export function checkAsked(
  { method, headers }: Pick<IncomingMessage, "method" | "headers">,
  origin: string,
  asking: Asking,
): void {
  const from = headers.origin;
  const site = headers["sec-fetch-site"];
  if (asking === "socket") {
    // WebSockets know no same-origin policy of their own: they must say where they come from.
    if (from !== origin) throw foreign(from ?? "nobody who says so");
    return;
  }
  const isLink =
    (method === "GET" || method === "HEAD") &&
    headers["sec-fetch-mode"] === "navigate" &&
    headers["sec-fetch-dest"] === "document";
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isLink)
    throw foreign(`a ${String(site)} page`);
  if (from !== undefined && from !== origin) throw foreign(from);
}

function foreign(from: string): AtalayaError {
  return new AtalayaError("identity.foreign-origin", `This was asked by ${from}, not by a page of this service.`);
}
