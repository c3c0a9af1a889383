/** Which server to dial next. Pure. */
import { createHash } from "node:crypto";
import { parseAddress, showAddress, type Address } from "./addresses.ts";

/**
 * `priority`: the first that answers, and back to a better one when that is well again. `round-robin`: each agent begins
 * at another one, goes on to the next when its link breaks, and stays there.
 */
export const strategies = ["priority", "round-robin"] as const;
export type Strategy = (typeof strategies)[number];

/** When each server last failed, by its shown address. */
export type Failures = ReadonlyMap<string, number>;

/** The first in order that did not fail since `roundBegan`; undefined when all did: the round is over, wait. */
export function nextServer(servers: readonly Address[], failures: Failures, roundBegan: number): Address | undefined {
  return servers.find((server) => (failures.get(showAddress(server)) ?? Number.NEGATIVE_INFINITY) < roundBegan);
}

/**
 * In which order to try them. `left` is the server that the last link was at, and broke: the turn is its successor's.
 * Before the first link it is the agent's own, by its `name`: a fleet is spread, and each agent begins where it did before.
 */
export function inTurn(
  servers: readonly Address[],
  { strategy, left, name }: { readonly strategy: Strategy; readonly left: Address | undefined; readonly name: string },
): readonly Address[] {
  if (strategy === "priority" || servers.length < 2) return servers;
  const at = left === undefined ? -1 : servers.findIndex((server) => showAddress(server) === showAddress(left));
  const own = createHash("sha256").update(name).digest().readUInt32BE() % servers.length;
  const first = at < 0 ? own : (at + 1) % servers.length;
  return [...servers.slice(first), ...servers.slice(0, first)];
}

/**
 * The list when a server has told its own addresses. Of waypoints it knows nothing: those stay, before the servers if
 * they stood there. An empty or unreadable word of the server changes nothing.
 */
export function withServers(known: readonly string[], told: readonly string[]): readonly string[] {
  const servers = told.filter(isServer);
  if (servers.length === 0) return known;
  const first = known.findIndex(isServer);
  const [before, after] = first < 0 ? [known, []] : [known.slice(0, first), known.slice(first)];
  return [...before, ...servers, ...after.filter((text) => !isServer(text))];
}

function isServer(text: string): boolean {
  try {
    return parseAddress(text).via !== true;
  } catch {
    return false;
  }
}

/** The servers that would be preferred to the one we are at. */
export function preferredTo(
  servers: readonly Address[],
  current: Address,
  strategy: Strategy = "priority",
): readonly Address[] {
  if (strategy === "round-robin") return [];
  const at = servers.findIndex((server) => showAddress(server) === showAddress(current));
  return at < 0 ? servers : servers.slice(0, at);
}
