import type { Host } from "../../api/hosts.ts";
import type { StatePart } from "../../ui/state-bar.tsx";
import { hostStates, toneOfHost, type HostState } from "../../ui/states.ts";

/** How many hosts are in which state. */
export function hostParts(hosts: readonly Host[], wordOf: (state: HostState) => string): readonly StatePart[] {
  const counts = new Map<HostState, number>();
  for (const { state } of hosts) counts.set(state, (counts.get(state) ?? 0) + 1);
  return hostStates.map((state) => ({
    state,
    tone: toneOfHost[state],
    word: wordOf(state),
    count: counts.get(state) ?? 0,
  }));
}
