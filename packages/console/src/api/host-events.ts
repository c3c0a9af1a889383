/** What the live topic `hosts` says, applied to a list. Pure but for the set it is given. */
import { compareNames } from "@atalaya/client/browser";
import type { Host } from "./hosts.ts";
import { sortedSet, type SortedSet } from "./sorted-set.ts";

export interface HostSet {
  readonly set: SortedSet<Host>;
  /** All that there were when we came have been told; until then there are more. */
  readonly isComplete: boolean;
}

type HostEvent = Readonly<Record<string, unknown>>;

/** A batch of the topic that is smaller than this ends what there was in the beginning. */
export const FULL_BATCH = 250;

export function noHosts(): HostSet {
  return { set: sortedSet<Host>(({ name }) => name, compareNames), isComplete: false };
}

/** After `hosts-reset` what is known may be of hosts that are no longer ours to see: all that are follow. */
export function withEvents(before: HostSet, events: readonly HostEvent[]): HostSet {
  let now = before;
  for (const event of events) {
    if (event["type"] === "hosts-reset") now = noHosts();
    else if (event["type"] === "host") now.set.put(event["host"] as Host);
    else if (event["type"] === "host-gone") now.set.drop(String(event["id"]));
  }
  return { set: now.set, isComplete: now.isComplete || events.length < FULL_BATCH };
}
