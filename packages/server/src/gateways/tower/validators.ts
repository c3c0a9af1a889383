/** Digests as HTTP tells them. Pure. */
import { createHash } from "node:crypto";

/**
 * Strong (RFC 9110, 8.8.1): other bytes have another tag. `beat` is what live values came to; without them the digest
 * alone tells the bytes apart. `variant` is what else makes one digest into several representations.
 */
export function entityTag(digest: string, beat: string | undefined, variant: unknown): string {
  const text = JSON.stringify(variant);
  const suffix = text === "{}" ? "" : `-${createHash("md5").update(text).digest("base64url").slice(0, 10)}`;
  return `"${digest}${beat === undefined ? "" : `.${beat}`}${suffix}"`;
}

/**
 * Whether the caller has it already: by the whole tag, or by the digest alone, which says that it does not care for what
 * is live. `If-None-Match` compares weakly (RFC 9110, 13.1.2).
 */
export function isKnown(header: string | undefined, tag: string, digest: string): boolean {
  if (header === undefined) return false;
  const asked = header.split(",").map((each) => each.trim().replace(/^W\//, ""));
  return asked.includes("*") || asked.includes(tag) || asked.includes(`"${digest}"`);
}

/** With `?state=all` a minion that goes offline is another line of the list. */
export function digestWithState(digest: string, isListed: boolean): string {
  return createHash("md5")
    .update(`${digest} ${isListed ? "online" : "offline"}`)
    .digest("hex");
}
