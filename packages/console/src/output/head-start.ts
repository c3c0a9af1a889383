/**
 * What a job prints before its name is known. One's own output is followed before anything is asked for; what comes
 * between the question and its answer is kept, and the job's own output goes on behind it: both count in revisions.
 */
import type { LiveEvent } from "@atalaya/client/browser";
import { follow } from "../api/follow.ts";

export interface HeadStart {
  readonly events: readonly LiveEvent[];
  /** A revision: what was committed later is not among the events. */
  readonly cursor: number;
}

export interface Listening {
  /** From now on, something may be of the job that is being asked for. */
  begin(): void;
  /** It has this name. */
  named(job: string): void;
  close(): void;
}

/** Characters of base64; with more than this the rest is asked for. */
const MOST = 4_000_000;

const heads = new Map<string, HeadStart>();

export function listenAhead(): Listening {
  let seen: number | undefined;
  let kept: { events: LiveEvent[]; cursor: number; size: number } | undefined;
  const close = follow(
    "my-output",
    {},
    {
      onEvents(events, cursor) {
        seen = cursor;
        if (kept === undefined || kept.size > MOST) return;
        kept.events.push(...events);
        kept.cursor = cursor;
        for (const event of events) kept.size += String(event["data"]).length;
      },
    },
  );
  return {
    begin() {
      // Before the first word of the server nobody knows from where on.
      kept = seen === undefined ? undefined : { events: [], cursor: seen, size: 0 };
    },
    named(job) {
      if (kept !== undefined)
        heads.set(job, { events: kept.events.filter((event) => event["job"] === job), cursor: kept.cursor });
      kept = undefined;
    },
    close,
  };
}

/** Good once: whoever looks again begins anew. */
export function takeHeadStart(job: string): HeadStart | undefined {
  const head = heads.get(job);
  heads.delete(job);
  return head;
}
