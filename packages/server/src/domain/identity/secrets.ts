import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 bits: nobody guesses it, so a plain SHA-256 at rest is enough and costs a request nothing. */
const SECRET_BYTES = 32;
const TOKEN = /^(aat|atl)_[A-Za-z0-9_-]{43}$/;

/** `aat` for API tokens, `atl` for the local token: the prefix lets scanners for leaked secrets find them. */
export function newToken(prefix: "aat" | "atl"): string {
  return `${prefix}_${randomBytes(SECRET_BYTES).toString("base64url")}`;
}

export function newTokenId(): string {
  return `token_${randomBytes(16).toString("base64url")}`;
}

export function looksLikeToken(token: string): boolean {
  return TOKEN.test(token);
}

export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Takes the same time wherever they differ. Both are hashes, so their lengths tell nothing. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
