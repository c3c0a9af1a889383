import type { Revision } from "../../platform/store/index.ts";
import type { StatusEvent } from "./status.ts";

/** The last events, in memory for those who follow: thousands ask at once what happened since they looked. */
export interface RecentEvents {
  /** Of the last commit. */
  readonly revision: Revision;
  add(events: readonly Omit<StatusEvent, "revision">[], revision: Revision): void;
  /** Undefined when it is not known any more what happened since then. */
  after(revision: Revision): readonly StatusEvent[] | undefined;
}

export function recentEvents(
  loaded: {
    readonly events: readonly StatusEvent[];
    /** Events up to this revision may be missing. */
    readonly horizon: Revision;
    readonly revision: Revision;
  },
  most: number,
): RecentEvents {
  let { horizon, revision } = loaded;
  let events = [...loaded.events];
  return {
    get revision() {
      return revision;
    },
    add(told, at) {
      revision = at;
      events.push(...told.map((event) => ({ ...event, revision: at })));
      // Cut now and then, not at every commit: it moves them all.
      if (events.length <= 1.2 * most) return;
      horizon = events[events.length - most - 1]!.revision;
      events = events.slice(-most);
    },
    after(since) {
      if (since < horizon || since > revision) return undefined;
      let at = events.length;
      while (at > 0 && events[at - 1]!.revision > since) at -= 1;
      return events.slice(at);
    },
  };
}
