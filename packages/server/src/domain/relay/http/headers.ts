/**
 * Which headers go through a relay (RFC 9110, 7.6). Pure. Headers are flat lists as Node has them raw: name, value, …
 */
import { AtalayaError } from "@atalaya/protocol";

export type RawHeaders = readonly string[];
export type HeaderPair = readonly [name: string, value: string];

/** Of one connection only. `Proxy-Authenticate` is ours to say as well. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);
/** We say these ourselves, of the connection that we make. */
const OURS_TO_HOST: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "expect",
  "forwarded",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-real-ip",
  "x-atalaya-csrf",
  "stormbolt-target",
]);
/** Of the server's own origin, which is not the host's to speak for. */
const OURS_TO_CALLER: ReadonlySet<string> = new Set(["alt-svc", "strict-transport-security"]);
/** Cookies that are ours: never shown to a host, never set by one. */
const OUR_COOKIE = /^__Host-atalaya-/i;
/** API tokens and the local token. */
const OUR_TOKEN = /^Bearer +(aat|atl)_/i;

export function pairsOf(raw: RawHeaders): readonly HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let at = 0; at < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!]);
  return pairs;
}

/** Without what is of one connection only, what `Connection` names included. */
export function endToEnd(raw: RawHeaders): readonly HeaderPair[] {
  const pairs = pairsOf(raw);
  const named = new Set(
    pairs
      .filter(([name]) => name.toLowerCase() === "connection")
      .flatMap(([, value]) => value.split(",").map((token) => token.trim().toLowerCase())),
  );
  return pairs.filter(([name]) => {
    const lower = name.toLowerCase();
    return !HOP_BY_HOP.has(lower) && !named.has(lower);
  });
}

/** What a host may know of a request: nothing that proves to us who asks. `theirs`: its Authorization is for the host. */
export function towardsHost(raw: RawHeaders, { theirs }: { readonly theirs: boolean }): readonly HeaderPair[] {
  return endToEnd(raw).flatMap(([name, value]): readonly HeaderPair[] => {
    const lower = name.toLowerCase();
    if (OURS_TO_HOST.has(lower)) return [];
    if (lower === "authorization") return theirs && !OUR_TOKEN.test(value.trim()) ? [[name, value]] : [];
    if (lower !== "cookie") return [[name, value]];
    const kept = value
      .split(";")
      .map((cookie) => cookie.trim())
      .filter((cookie) => cookie !== "" && !OUR_COOKIE.test(cookie));
    return kept.length === 0 ? [] : [[name, kept.join("; ")]];
  });
}

/** What a caller hears of an answer. */
export function towardsCaller(raw: RawHeaders, status: number): readonly HeaderPair[] {
  return endToEnd(raw).filter(([name, value]) => {
    const lower = name.toLowerCase();
    if (OURS_TO_CALLER.has(lower)) return false;
    // RFC 9110, 8.6: such an answer has no length, whatever it says.
    if (lower === "content-length" && (status === 204 || status < 200)) return false;
    return lower !== "set-cookie" || !OUR_COOKIE.test(value.trim());
  });
}

/** How a request's body is framed, said once and unmistakably. Throws `request.malformed`. */
export function framing(headers: {
  readonly "content-length"?: string | undefined;
  readonly "transfer-encoding"?: string | undefined;
}): HeaderPair | undefined {
  const { "content-length": length, "transfer-encoding": encoding } = headers;
  if (encoding !== undefined) {
    if (length !== undefined || encoding.trim().toLowerCase() !== "chunked")
      throw new AtalayaError("request.malformed", "The length of the request's body cannot be told for certain.");
    return ["Transfer-Encoding", "chunked"];
  }
  if (length === undefined) return undefined;
  if (!/^\d{1,15}$/.test(length)) throw new AtalayaError("request.malformed", "Content-Length is no number.");
  return ["Content-Length", length];
}

/** Where redirects lead when the host says `http://localhost:8080/x` or `/x`. */
export interface Base {
  /** What the host calls itself, as in `localhost:8080`. */
  readonly authorities: readonly string[];
  /** In front of its paths, as the caller sees them: `/proxy/pc-01@8080`, or nothing. */
  readonly prefix: string;
}

/** A Location as the caller can follow it. What leads elsewhere stays as it is. */
export function relocated(location: string, { authorities, prefix }: Base): string {
  const absolute = /^(?:https?:)?\/\/([^/?#]*)([^]*)$/i.exec(location);
  if (absolute === null) return location.startsWith("/") ? prefix + location : location;
  const [, authority, rest] = absolute;
  if (!authorities.includes(authority!.toLowerCase())) return location;
  return `${prefix}${rest!.startsWith("/") ? "" : "/"}${rest}`;
}
