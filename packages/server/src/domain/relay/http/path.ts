/** What may stand in the target of a relayed request. Pure. */
import { AtalayaError } from "@atalaya/protocol";

const MAX_CHARACTERS = 16_384;

/**
 * A path with its query, as it came over the wire: passed on untouched, or refused. Nobody after us may read it as
 * another place: no dot segments, written or encoded, nothing that some turn into a slash, no fragment, no whole URL.
 * Throws `relay.target-malformed`.
 */
export function checkedPath(raw: string): string {
  if (raw.length > MAX_CHARACTERS) throw malformed("is too long");
  if (!raw.startsWith("/")) throw malformed("is no path");
  if (!/^[\x21-\x7e]*$/.test(raw)) throw malformed("holds what must be percent-encoded");
  if (raw.includes("#")) throw malformed("holds a fragment");
  const query = raw.indexOf("?");
  const path = query === -1 ? raw : raw.slice(0, query);
  if (path.includes("\\") || /%5c/i.test(path)) throw malformed("holds a backslash");
  if (/%00/.test(path)) throw malformed("holds a zero byte");
  const segments = path.replace(/%2f/gi, "/").replace(/%2e/gi, ".").split("/");
  // Some servers cut `;parameters` off before they look.
  if (segments.some((segment) => /^\.\.?(;|$)/.test(segment) || /^\.\.?%3b/i.test(segment)))
    throw malformed("holds dot segments");
  return raw;
}

function malformed(why: string): AtalayaError {
  return new AtalayaError("relay.target-malformed", `The path ${why}.`, {
    next: "Write the path plainly: no `.` or `..`, no backslash, other characters percent-encoded.",
  });
}
