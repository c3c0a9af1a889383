/** What becomes of the list, as server-sent events (HTML, 9.2), read from the room and hurried by the bus. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { watchCredentials, type EndedCredentials } from "../../api/watch-credentials.ts";
import type { Fleet } from "../../domain/fleet/index.ts";
import type { StatusRoom } from "../../domain/status/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { follow, type Shown, type Since } from "./follower.ts";
import { createSelections } from "./selections.ts";

export interface EventStreams extends Disposable {
  /** Throws `server.busy`, `server.draining`, and what its selector is refused for. */
  open(actor: Actor, wish: EventWish, signal: AbortSignal): Promise<ReadableStream<Uint8Array>>;
  /** Ends them all: callers come back and go on. */
  drain(): void;
  readonly size: number;
}

export interface EventWish {
  /** Absent: from now on. */
  readonly since?: Since | undefined;
  readonly selector?: string | undefined;
  readonly shown?: Shown | undefined;
}

export interface EventNeeds {
  readonly status: StatusRoom;
  readonly fleet: Pick<Fleet, "resolve" | "byKey">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly ended: EndedCredentials;
}

const MOST_STREAMS = 1_000;
const MOST_OF_ONE = 64;
const COMMENT_MS = 15_000;
const encoder = new TextEncoder();

interface Open {
  readonly actor: Actor;
  readonly end: () => void;
  readonly comment: () => void;
}

export function createEventStreams({ status, fleet, bus, clock, log, ended }: EventNeeds): EventStreams {
  const open = new Set<Open>();
  const selections = createSelections({ fleet, bus, clock, log });
  let draining = false;

  function tick(): void {
    timer = clock.after(COMMENT_MS, tick);
    for (const one of open) one.comment();
  }
  let timer = clock.after(COMMENT_MS, tick);
  const watching = watchCredentials({ holders: () => open, ended, end: (one) => one.end(), bus, clock, log });

  function checkRoom({ name }: Actor): void {
    if (draining) throw new AtalayaError("server.draining", "The server is stopping.");
    const own = [...open].filter((one) => one.actor.name === name).length;
    if (open.size >= MOST_STREAMS || own >= MOST_OF_ONE)
      throw new AtalayaError("server.busy", "There are as many streams of events as there may be.");
  }

  return {
    async open(actor, { since, selector, shown }, signal) {
      checkRoom(actor);
      let wake: () => void = () => undefined;
      const selection =
        selector === undefined ? undefined : await selections.hold(selector, actor.places, () => wake());
      try {
        checkRoom(actor);
      } catch (error) {
        // Others came while this one's selector was read.
        selection?.[Symbol.dispose]();
        throw error;
      }
      let isOver = false;
      let comments = false;
      const hints = bus.on("status", () => wake());
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        hints[Symbol.dispose]();
        selection?.[Symbol.dispose]();
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
      const follower = follow({
        status,
        places: actor.places,
        since,
        shown,
        ...(selection === undefined ? {} : { selection }),
        nameOf: (host) => fleet.byKey(host)?.name,
        now: () => clock.now(),
      });
      open.add(one);
      signal.addEventListener("abort", end);
      if (signal.aborted || draining) end();

      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            while (!isOver) {
              const waiting = new Promise<void>((resolve) => (wake = resolve));
              const text = follower.next();
              if (text === null) break;
              const more = text ?? (comments ? ":\n\n" : undefined);
              comments = false;
              if (more !== undefined) return controller.enqueue(encoder.encode(more));
              await waiting;
            }
            end();
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
      selections[Symbol.dispose]();
    },
  };
}
