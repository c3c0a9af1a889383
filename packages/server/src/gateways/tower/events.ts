/** What becomes of the list, as server-sent events (HTML, 9.2), read from the room and hurried by the bus. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { watchCredentials, type EndedCredentials } from "../../api/watch-credentials.ts";
import { seenAs, seesPlaces, type StatusEvent, type StatusRoom } from "../../domain/status/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";

export interface EventStreams extends Disposable {
  /** `since`: a revision; absent: from now on. Throws `server.busy`, `server.draining`. */
  open(actor: Actor, since: number | undefined, signal: AbortSignal): ReadableStream<Uint8Array>;
  /** Ends them all: callers come back and go on. */
  drain(): void;
  readonly size: number;
}

export interface EventNeeds {
  readonly status: StatusRoom;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly ended: EndedCredentials;
}

const MOST_STREAMS = 1_000;
const MOST_OF_ONE = 64;
const COMMENT_MS = 15_000;
const EVENTS_AT_ONCE = 500;
const encoder = new TextEncoder();

interface Open {
  readonly actor: Actor;
  readonly end: () => void;
  readonly comment: () => void;
}

export function createEventStreams({ status, bus, clock, log, ended }: EventNeeds): EventStreams {
  const open = new Set<Open>();
  let draining = false;

  function tick(): void {
    timer = clock.after(COMMENT_MS, tick);
    for (const one of open) one.comment();
  }
  let timer = clock.after(COMMENT_MS, tick);
  const watching = watchCredentials({ holders: () => open, ended, end: (one) => one.end(), bus, clock, log });

  return {
    open(actor, since, signal) {
      if (draining) throw new AtalayaError("server.draining", "The server is stopping.");
      const own = [...open].filter((one) => one.actor.name === actor.name).length;
      if (open.size >= MOST_STREAMS || own >= MOST_OF_ONE)
        throw new AtalayaError("server.busy", "There are as many streams of events as there may be.");
      const sees = seesPlaces(actor.places);
      let cursor = since;
      let wake: () => void = () => undefined;
      let isOver = false;
      let comments = false;
      const hints = bus.on("status", () => wake());
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        hints[Symbol.dispose]();
        open.delete(one);
        signal.removeEventListener("abort", end);
        wake();
      };
      const one: Open = {
        actor,
        end,
        comment() {
          comments = true;
          wake();
        },
      };
      open.add(one);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();

      /** Undefined: nothing to say now. */
      function next(): string | undefined {
        if (cursor === undefined) {
          cursor = status.revision;
          return head("now", cursor, status.list(actor).digest);
        }
        const told = status.eventsAfter(cursor);
        if (told === undefined) {
          cursor = status.revision;
          return head("reset", cursor, status.list(actor).digest);
        }
        let text = "";
        let count = 0;
        for (const [n, event] of told.entries()) {
          // A revision is told whole, so that its number says where to go on.
          if (count >= EVENTS_AT_ONCE && event.revision !== cursor) break;
          const kind = seenAs(event, sees);
          const isLast = told[n + 1]?.revision !== event.revision;
          if (kind !== undefined) text += textOf(event, kind, isLast);
          else if (isLast && text !== "") text += `id: ${event.revision}\n\n`;
          count += 1;
          cursor = event.revision;
        }
        return text === "" ? undefined : text;
      }

      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            while (!isOver) {
              const waiting = new Promise<void>((resolve) => (wake = resolve));
              const text = next() ?? (comments ? ":\n\n" : undefined);
              comments = false;
              if (text !== undefined) return controller.enqueue(encoder.encode(text));
              await waiting;
            }
            controller.close();
          },
          cancel: end,
        },
        { highWaterMark: 0 },
      );
    },
    drain() {
      draining = true;
      for (const one of [...open]) one.end();
    },
    get size() {
      return open.size;
    },
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      watching[Symbol.dispose]();
      for (const one of [...open]) one.end();
    },
  };
}

function head(event: "now" | "reset", revision: number, digest: string): string {
  return `id: ${revision}\nevent: ${event}\ndata: ${JSON.stringify({ revision, digest })}\n\n`;
}

function textOf({ id, name, at, revision, digest, names }: StatusEvent, kind: string, isLast: boolean): string {
  const data = {
    id,
    name,
    at: new Date(at).toISOString(),
    revision,
    ...(digest === undefined || kind === "removed" ? {} : { digest }),
    ...(names === undefined ? {} : { parts: names }),
  };
  return `${isLast ? `id: ${revision}\n` : ""}event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
