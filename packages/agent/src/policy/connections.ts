/** What the policy says of connections that the server has opened at this host: streams of any kind, and where relays lead. Pure. */
import { isLoopbackTarget } from "@atalaya/protocol";
import { allowsCapability, type Policy } from "./policy.ts";

/** Undefined when a stream of this kind may be opened beside `open` others. What goes through it, its kind asks for. */
export function forbidsStream(policy: Policy, kind: string, open: number): string | undefined {
  const { kinds, most } = policy.streams;
  if (!allowsCapability(policy, kind) || kinds?.includes(kind) === false)
    return `the policy of this host does not allow streams of kind ${kind}`;
  return open < most ? undefined : `the policy of this host allows ${most} streams at once`;
}

/** Where a relay wants to go: `api` is the agent's own, otherwise what is connected to. */
export type RelayWish = "api" | { readonly host: string; readonly port: number };

/**
 * Undefined when it may. What listens on loopback often trusts whoever reaches it, and a relay comes as nobody in
 * particular: so where nothing is said of relays, they are allowed where whoever asks could run anything as root anyway.
 */
export function forbidsRelay({ exec, capabilities, relay }: Policy, wish: RelayWish, open: number): string | undefined {
  if (open >= relay.most) return `the policy of this host allows ${relay.most} relays at once`;
  if (wish === "api") return relay.api ? undefined : "the policy of this host does not allow the agent's API";
  const { host, port } = wish;
  if (relay.targets.some((target) => namesTarget(target, host, port))) return undefined;
  if (!isLoopbackTarget(host)) return `the policy of this host does not name the target ${host}:${port}`;
  const isOpen =
    exec.root &&
    exec.shell &&
    exec.accounts === undefined &&
    exec["denied-accounts"].length === 0 &&
    exec["working-directories"] === undefined &&
    (capabilities === undefined || capabilities.includes("exec"));
  const allowed = relay.ports === undefined ? isOpen : relay.ports.some((ports) => holdsPort(ports, port));
  return allowed ? undefined : `the policy of this host does not allow relays to its port ${port}`;
}

function holdsPort(ports: number | string, port: number): boolean {
  if (typeof ports === "number") return ports === port;
  const [first, last] = ports.split("-").map(Number);
  return port >= first! && port <= last!;
}

/** By their text: what a name leads to may change after it was looked up. */
function namesTarget(target: string, host: string, port: number): boolean {
  const at = target.lastIndexOf(":");
  const named = target.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  const ports = target.slice(at + 1);
  return named.toLowerCase() === host.toLowerCase() && (ports === "*" || Number(ports) === port);
}
