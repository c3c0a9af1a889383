import { compareNames, foldHosts, type HostState } from "@atalaya/protocol/selectors";
import type { HostKey, Resolution } from "./fleet.ts";
import type { SelectorUse } from "./uses.store.ts";
import { placeText, type Preview } from "./view.ts";

/** What a selector hits, and what it hit last time; pure. */
export function previewOf(
  { hosts, selector }: Resolution,
  last: SelectorUse | undefined,
  nameOf: (key: HostKey) => string | undefined,
  limit: number,
): Preview {
  const states: Partial<Record<HostState, number>> = {};
  for (const { state } of hosts) states[state] = (states[state] ?? 0) + 1;
  return {
    selector,
    count: hosts.length,
    states,
    hosts: hosts.slice(0, limit).map(({ id, name, state, place }) => ({ id, name, state, place: placeText(place) })),
    folded: foldHosts(hosts.map(({ name }) => name)),
    ...(last === undefined ? {} : { difference: differenceOf(hosts, last, nameOf) }),
  };
}

function differenceOf(
  hosts: Resolution["hosts"],
  last: SelectorUse,
  nameOf: (key: HostKey) => string | undefined,
): NonNullable<Preview["difference"]> {
  const before = new Set(last.hosts);
  const now = new Set(hosts.map(({ key }) => key));
  return {
    since: last.at,
    added: hosts.filter(({ key }) => !before.has(key)).map(({ name }) => name),
    removed: last.hosts
      .filter((key) => !now.has(key))
      .map((key) => nameOf(key) ?? "?")
      .sort(compareNames),
  };
}
