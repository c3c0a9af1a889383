import type { ClientError } from "@atalaya/client/browser";
import { follow } from "./follow.ts";
import { noHosts, withEvents } from "./host-events.ts";
import type { Host } from "./hosts.ts";
import { paced } from "./paced.ts";
import { cell, type Source } from "./source.ts";

export interface HostList {
  /** In the order of their names. */
  readonly hosts: readonly Host[];
  /** All that there were when we came have been told; until then there are more. */
  readonly isComplete: boolean;
  readonly failure?: ClientError | undefined;
}

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
    let known = noHosts();
    let isOver = false;
    let failure: ClientError | undefined;
    const show = paced(() => value.set({ hosts: known.set.sorted(), isComplete: known.isComplete || isOver, failure }));
    const leave = follow(
      "hosts",
      { selector },
      {
        onEvents(events) {
          known = withEvents(known, events);
          show.ask();
        },
        onEnd(error) {
          failure = error;
          isOver = true;
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
