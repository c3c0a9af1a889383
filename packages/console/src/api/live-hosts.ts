import { compareNames, type ClientError } from "@atalaya/client/browser";
import { follow } from "./follow.ts";
import type { Host } from "./hosts.ts";
import { paced } from "./paced.ts";
import { sortedSet } from "./sorted-set.ts";
import { cell, type Source } from "./source.ts";

export interface HostList {
  /** In the order of their names. */
  readonly hosts: readonly Host[];
  /** All that there were when we came have been told; until then there are more. */
  readonly isComplete: boolean;
  readonly failure?: ClientError | undefined;
}

/** A batch of the topic that is smaller than this ends what there was in the beginning. */
const FULL_BATCH = 250;
/** How long a list is kept after its last reader: a view's change must not fetch 10,000 hosts anew. */
const LINGER_MS = 20_000;

const lists = new Map<string, Source<HostList>>();

/** The hosts that a selector hits, now and from now on. All readers of one selector share one subscription. */
export function liveHosts(selector: string): Source<HostList> {
  let list = lists.get(selector);
  if (list === undefined) {
    list = openList(selector);
    lists.set(selector, list);
  }
  return list;
}

function openList(selector: string): Source<HostList> {
  const value = cell<HostList>({ hosts: [], isComplete: false });
  let readers = 0;
  let close: (() => void) | undefined;
  let closing: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    let set = sortedSet<Host>(({ name }) => name, compareNames);
    let isComplete = false;
    let failure: ClientError | undefined;
    const show = paced(() => value.set({ hosts: set.sorted(), isComplete, failure }));
    const leave = follow(
      "hosts",
      { selector },
      {
        onEvents(events) {
          for (const event of events) {
            if (event["type"] === "host") set.put(event["host"] as Host);
            else if (event["type"] === "host-gone") set.drop(String(event["id"]));
            else if (event["type"] === "hosts-reset") {
              // What we know may be of hosts that are no longer ours to see: all of them follow.
              set = sortedSet<Host>(({ name }) => name, compareNames);
              isComplete = false;
            }
          }
          isComplete ||= events.length < FULL_BATCH;
          show.ask();
        },
        onEnd(error) {
          failure = error;
          isComplete = true;
          show.ask();
        },
      },
    );
    close = () => {
      show.stop();
      leave();
      close = undefined;
      lists.delete(selector);
    };
  }

  return {
    get: value.get,
    subscribe(listener) {
      clearTimeout(closing);
      readers += 1;
      if (close === undefined) open();
      const leave = value.subscribe(listener);
      return () => {
        leave();
        readers -= 1;
        if (readers === 0) closing = setTimeout(() => close?.(), LINGER_MS);
      };
    },
  };
}
