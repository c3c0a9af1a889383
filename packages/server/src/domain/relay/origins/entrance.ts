/** How a browser comes into an origin: by a pass in the address, then by its cookie; otherwise it is told where to go. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { failures, type AtalayaError } from "@atalaya/protocol";

/** `__Host-`: browsers take it only over HTTPS and for this very origin; no other host's page can set it. */
const COOKIE = "__Host-atalaya-relay";
const ENTRANCE = "/.atalaya/enter?pass=";

export const enterPath = (pass: string): string => ENTRANCE + pass;

/** Lax: who follows a link to an open service sees it. What pages of others ask is refused by `asked-by`. */
export const setStay = (cookie: string): string => `${COOKIE}=${cookie}; Path=/; Secure; HttpOnly; SameSite=Lax`;

/** Undefined when it is absent or there twice. */
export function cookieIn(header: string | undefined): string | undefined {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${COOKIE}=`));
  return values.length === 1 ? values[0]!.slice(COOKIE.length + 1) : undefined;
}

/** For a browser that wants a page, one that says so; false for all others, who get the failure. */
export function answerClosed(incoming: IncomingMessage, outgoing: ServerResponse, failure: AtalayaError): boolean {
  const wantsPage = incoming.headers.accept?.includes("text/html") === true;
  if (!wantsPage || outgoing.headersSent || incoming.method !== "GET") return false;
  const { status, means } = failures[failure.code];
  const body = Buffer.from(
    `<!doctype html><meta charset="utf-8"><title>${escaped(means)}</title><h1>${escaped(failure.message)}</h1><p>${escaped(failure.next ?? means)}</p><p><code>${failure.code}</code></p>\n`,
  );
  outgoing.writeHead(status, STATUS_CODES[status], {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": body.length,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
  });
  outgoing.end(body);
  return true;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (each) => `&#${each.charCodeAt(0)};`);
}
