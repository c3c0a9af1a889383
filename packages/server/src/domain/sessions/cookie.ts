/**
 * The session's cookie: `1.<key>.<stamp>.<secret>.<mac>`. The stamp says when the cookie was made, so that an old copy is
 * worth nothing although its session lives on; the MAC lets forgeries be refused without asking the store. The secret
 * finds the session, of which the store knows only the hash.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** `__Host-`: browsers take it only over HTTPS, for this very host and all paths. */
export const SESSION_COOKIE = "__Host-atalaya-session";

export interface CookieKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}
export interface Stamped {
  /** base64url of 32 random bytes. */
  readonly secret: string;
  /** Epoch milliseconds. */
  readonly stampedAt: number;
}

const FORM = /^1\.([a-z0-9]{8})\.([a-z0-9]{1,10})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export function encodeCookie({ secret, stampedAt }: Stamped, key: CookieKey): string {
  const signed = `1.${key.id}.${stampedAt.toString(36)}.${secret}`;
  return `${signed}.${macOf(signed, key).toString("base64url")}`;
}

/** Undefined for whatever was not made by `encodeCookie` with a key that `keyNamed` still knows. */
export function decodeCookie(text: string, keyNamed: (id: string) => CookieKey | undefined): Stamped | undefined {
  const [, id, stamp, secret, mac] = FORM.exec(text) ?? [];
  if (id === undefined || stamp === undefined || secret === undefined || mac === undefined) return undefined;
  const key = keyNamed(id);
  if (key === undefined) return undefined;
  const given = Buffer.from(mac, "base64url");
  const made = macOf(text.slice(0, text.lastIndexOf(".")), key);
  // base64url has spare bits at its end: only the one spelling that we write is ours.
  if (given.toString("base64url") !== mac || given.length !== made.length || !timingSafeEqual(given, made)) {
    return undefined;
  }
  return { secret, stampedAt: Number.parseInt(stamp, 36) };
}

/** What pages must show beside the cookie. It hangs on the secret alone, so it holds as long as the session. */
export function csrfOf(secret: string): string {
  return createHmac("sha256", Buffer.from(secret, "base64url")).update("atalaya csrf").digest("base64url");
}

/** The value of a cookie in a Cookie header (RFC 6265, 4.2.1); undefined when it is absent or there twice. */
export function cookieNamed(name: string, header: string | null): string | undefined {
  const values = (header ?? "")
    .split(";")
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

export function setCookie(value: string, maxAgeMs: number): string {
  const seconds = Math.max(0, Math.floor(maxAgeMs / 1000));
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${seconds}; Secure; HttpOnly; SameSite=Strict`;
}

export const clearCookie = `${SESSION_COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict`;

function macOf(signed: string, key: CookieKey): Buffer {
  return createHmac("sha256", key.bytes).update(`${SESSION_COOKIE}|${signed}`).digest();
}
