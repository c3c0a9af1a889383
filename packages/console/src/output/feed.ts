/** The output of a job or of one run, from its beginning and live, into a buffer that views look at once a frame. */
import type { ClientError, LiveEvent } from "@atalaya/client/browser";
import { follow } from "../api/follow.ts";
import { paced } from "../api/paced.ts";
import { cell, whileRead, type Source } from "../api/source.ts";
import { takeHeadStart, type HeadStart } from "./head-start.ts";
import { createLogBuffer, type LogBuffer } from "./log-buffer.ts";

export interface FeedRun {
  readonly id: string;
  readonly host: { readonly id: string; readonly name: string };
}

/** A new one whenever there is something to look at; the buffer and the runs in it are the same ones, grown. */
export interface FeedState {
  readonly log: LogBuffer;
  /** By the numbers in the lines. */
  readonly runs: readonly FeedRun[];
  /** Nothing will follow. */
  readonly isDone: boolean;
  readonly failure?: ClientError | undefined;
}

export const outputOfJob = (job: string) => openFeed("job-output", { job }, () => takeHeadStart(job));
export const outputOfRun = (run: string) => openFeed("output", { run });

/** Follows while somebody looks; a reader that comes back begins anew. */
function openFeed(
  topic: string,
  params: Readonly<Record<string, string>>,
  takeHead: () => HeadStart | undefined = () => undefined,
): Source<FeedState> {
  const state = cell<FeedState>({ log: createLogBuffer(), runs: [], isDone: false });

  function open(): () => void {
    const log = createLogBuffer();
    const runs: FeedRun[] = [];
    const numbers = new Map<string, number>();
    let isDone = false;
    let failure: ClientError | undefined;
    const show = paced(() => state.set({ log, runs, isDone, failure }));

    function numberOf(event: LiveEvent): number {
      const id = String(event["run"]);
      let number = numbers.get(id);
      if (number === undefined) {
        number = runs.push({ id, host: event["host"] as FeedRun["host"] }) - 1;
        numbers.set(id, number);
      }
      return number;
    }

    const take = (events: readonly LiveEvent[]) => {
      for (const event of events) {
        if (event["type"] === "output")
          log.take(numberOf(event), event["stream"] === "stderr", bytesOf(String(event["data"])));
      }
      show.ask();
    };
    const head = takeHead();
    if (head !== undefined) take(head.events);
    const leave = follow(topic, params, {
      ...(head === undefined ? {} : { since: head.cursor }),
      onEvents: take,
      onEnd(error) {
        isDone = true;
        failure = error;
        show.ask();
      },
    });
    return () => {
      show.stop();
      leave();
    };
  }

  return whileRead(state, open);
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
