/**
 * Words. A *waypoint* is an agent that carries connections of others to the server; a *hop* is one waypoint on the way,
 * named by its enrolment. Who dials one says `CONNECT` (RFC 9110, 9.3.6); `Via` (7.6.3) has the hops, first the dialler.
 */

/** ALPN between an agent and a waypoint. */
export const WAYPOINT_PROTOCOL = "atalaya.waypoint.v1";
/** What members ask for: the server, wherever the waypoint's own link has it. */
export const WAYPOINT_TARGET = "server.atalaya.internal:443";
/** A failure's code, in a waypoint's refusal. */
export const WAYPOINT_FAILURE = "atalaya-failure";
/** As many waypoints may stand between an agent and its server. */
export const MAX_HOPS = 8;
/** The name of an enrolment, as certificates have it. */
const HOP = /^[A-Za-z0-9_-]{1,64}$/;

/** The value of a `Via`; read back by `readHops`. */
export function showHops(hops: readonly string[]): string {
  return hops.map((hop) => `1.1 ${hop}`).join(", ");
}

/** Undefined: this is none of ours, or too long. No header is no hops. */
export function readHops(value: string | undefined): readonly string[] | undefined {
  if (value === undefined || value === "") return [];
  // The dialler itself stands before the waypoints.
  if (value.length > (MAX_HOPS + 1) * 70) return undefined;
  const hops = value.split(", ").map((part) => (part.startsWith("1.1 ") ? part.slice(4) : ""));
  return hops.length <= MAX_HOPS + 1 && hops.every(isHop) ? hops : undefined;
}

export function isHop(text: string): boolean {
  return HOP.test(text);
}
