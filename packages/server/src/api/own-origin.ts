/**
 * Does a page of this server itself ask? Browsers say where a request comes from (`Origin`, `Sec-Fetch-Site`), and pages
 * cannot forge either. Programs that are no browsers say nothing, and have no cookie that somebody could abuse.
 */
import { AtalayaError } from "@atalaya/protocol";

/** Throws `identity.foreign-origin` when a browser says that another origin's page is behind this request. */
export function checkOwnOrigin(headers: Headers): void {
  const origin = headers.get("origin");
  const site = headers.get("sec-fetch-site");
  if (origin !== null && origin !== ownOrigin(headers)) throw foreign(origin);
  // `none`: a person typed the address or opened a bookmark.
  if (site !== null && site !== "same-origin" && site !== "none") throw foreign(`a ${site} page`);
}

/** The same for what a browser opens without Sec-Fetch-Site, as WebSockets of older ones: it must say its origin. */
export function checkSocketOrigin(headers: Headers): void {
  if (headers.get("origin") === null) throw foreign("nobody who says so");
  checkOwnOrigin(headers);
}

function ownOrigin(headers: Headers): string | undefined {
  const host = headers.get("host");
  return host === null ? undefined : URL.parse(`https://${host}`)?.origin;
}

function foreign(from: string): AtalayaError {
  return new AtalayaError("identity.foreign-origin", `This was asked by ${from}, not by a page of this server.`, {
    next: "Use the console at this server's own address, or an API token.",
  });
}
