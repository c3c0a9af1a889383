/** What an origin is called: one name below the relay domain for each target of each host. Pure. */
import { createHash } from "node:crypto";
import type { RelayTarget } from "../road.ts";

const PLAIN = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;
const WEB_PORT = 80;

/**
 * `pc-01` for port 80, `pc-01--8080` for others. Names that could be read otherwise carry a piece of the host's id, so
 * that no two hosts ever share an origin.
 */
export function labelOf(host: { readonly id: string; readonly name: string }, target: RelayTarget): string {
  const lower = host.name.toLowerCase();
  const isPlain = lower === host.name && PLAIN.test(lower) && !lower.includes("--") && !/-x[0-9a-f]{10}$/.test(lower);
  const mark = hashOf(host.id);
  const name = isPlain
    ? lower
    : `${lower
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, 24)
        .replace(/^-+|-+$/g, "")}-x${mark}`;
  const own = name.startsWith("-") ? `h${name}` : name;
  if (target.host === undefined) return target.port === WEB_PORT ? own : `${own}--${target.port}`;
  return `${own.slice(0, 38)}--${target.port}-${hashOf(`${host.id} ${target.host.toLowerCase()}`)}`;
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 10);
}

/** The label that a Host header names below the domain; undefined when it is no origin of ours. */
export function labelIn(authority: string | undefined, domain: string): string | undefined {
  const host = authority
    ?.toLowerCase()
    .replace(/:\d{1,5}$/, "")
    .replace(/\.$/, "");
  if (host === undefined || !host.endsWith(`.${domain}`)) return undefined;
  return host.slice(0, -domain.length - 1);
}
