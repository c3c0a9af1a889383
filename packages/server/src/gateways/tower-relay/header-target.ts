/** `stormbolt-target: cname:port`, the original's second way to name where a request goes. Pure. */
import { AtalayaError } from "@atalaya/protocol";
import { checkedPath } from "../../domain/relay/index.ts";
import type { ProxyTarget } from "./proxy-target.ts";

export const TARGET_HEADER = "stormbolt-target";

/** Where the header leads; the whole target of the request is the host's. Throws `relay.target-malformed`. */
export function headerTarget(header: string | readonly string[] | undefined, raw: string): ProxyTarget {
  const match = typeof header === "string" ? /^([A-Za-z0-9._-]{1,253}):(\d{1,5})$/.exec(header.trim()) : null;
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535)
    throw new AtalayaError("relay.target-malformed", `The header ${TARGET_HEADER} is HOST:PORT, once.`);
  return { host: match[1]!, port, prefix: "", path: checkedPath(raw) };
}
