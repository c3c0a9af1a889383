/**
 * The sub-streams of one connection. It knows frames and nothing of what they are for: `bolt.ts` does. Whatever the
 * peer sends, it throws only `bolt.malformed`, and keeps no more than its limits say.
 */
import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { openingOf, readFrame, writeFrame, type Opening } from "./frames.ts";
import { lineReader } from "./lines.ts";

export interface MuxLimits {
  readonly lineBytes: number;
  /** Streams that the peer may have open at once. */
  readonly streams: number;
  /** Frames that mean nothing, over the connection's life. */
  readonly nonsense: number;
  /** Characters that wait for a peer that has paused a stream. */
  readonly heldCharacters: number;
}

export const muxLimits: MuxLimits = { lineBytes: 8_388_608, streams: 64, nonsense: 10_000, heldCharacters: 1_048_576 };

/** Our end of a sub-stream. After `end` nothing more is sent. */
export interface SubStream {
  readonly meta: string;
  send(chunk: string): void;
  end(): void;
  /** Ends it for both sides and forgets it. */
  close(): void;
  /** Asks the peer to stop sending, or to go on; it may not listen. */
  pause(): void;
  resume(): void;
}

/** What becomes of a sub-stream. `closed` comes once, last. */
export interface StreamEvents {
  readonly data?: (chunk: string) => void;
  readonly end?: () => void;
  readonly closed?: () => void;
}

export interface Mux {
  /** Bytes that came in. Throws `bolt.malformed`: the connection is of no more use. */
  receive(chunk: Buffer): void;
  open(opening: Opening, events: StreamEvents): SubStream;
  readonly size: number;
  /** The connection has ended: so has every stream. */
  ended(): void;
}

export interface MuxNeeds {
  /** Sends text to the peer. */
  readonly write: (text: string) => void;
  /** The peer opened a stream; undefined: it is of no use to us, and closed. */
  readonly opened: (meta: string, stream: SubStream) => StreamEvents | undefined;
  readonly limits?: Partial<MuxLimits>;
}

interface Entry {
  readonly stream: SubStream;
  events: StreamEvents;
  readonly isTheirs: boolean;
  theyEnded: boolean;
  resumed(): void;
  paused(): void;
}

export function createMux(needs: MuxNeeds): Mux {
  const limits = { ...muxLimits, ...needs.limits };
  const entries = new Map<string, Entry>();
  const lines = lineReader(limits.lineBytes);
  let nonsense = 0;
  let theirs = 0;

  function forget(id: string): void {
    const entry = entries.get(id);
    if (entry === undefined) return;
    entries.delete(id);
    if (entry.isTheirs) theirs -= 1;
    entry.events.closed?.();
  }

  function add(id: string, meta: string, isTheirs: boolean, events: StreamEvents): Entry {
    let weEnded = false;
    let isClosed = false;
    let isPaused = false;
    let held: string[] = [];
    let heldCharacters = 0;
    const tell = (event: string, argument?: string): void => {
      const text = writeFrame(id, event, argument);
      if (!isPaused) return needs.write(text);
      heldCharacters += text.length;
      if (heldCharacters > limits.heldCharacters) return stream.close();
      held.push(text);
    };
    const stream: SubStream = {
      meta,
      send(chunk) {
        if (!weEnded && !isClosed) tell("data", chunk);
      },
      end() {
        if (weEnded || isClosed) return;
        weEnded = true;
        tell("end");
      },
      close() {
        if (isClosed) return;
        isClosed = true;
        held = [];
        if (!weEnded) needs.write(writeFrame(id, "end"));
        needs.write(writeFrame(id, "close"));
        forget(id);
      },
      pause: () => needs.write(writeFrame(id, "pause")),
      resume: () => needs.write(writeFrame(id, "resume")),
    };
    const entry: Entry = {
      stream,
      events,
      isTheirs,
      theyEnded: false,
      paused: () => void (isPaused = true),
      resumed() {
        isPaused = false;
        const waiting = held;
        held = [];
        heldCharacters = 0;
        for (const text of waiting) needs.write(text);
      },
    };
    entries.set(id, entry);
    if (isTheirs) theirs += 1;
    return entry;
  }

  function meaningless(): void {
    nonsense += 1;
    if (nonsense > limits.nonsense) throw new AtalayaError("bolt.malformed", "too many frames that mean nothing");
  }

  function openedByThem(id: string, argument: unknown): void {
    const opening = openingOf(argument);
    if (opening === undefined || entries.has(id)) return meaningless();
    const refuse = (): void => {
      needs.write(writeFrame(id, "end"));
      needs.write(writeFrame(id, "close"));
    };
    if (theirs >= limits.streams) {
      meaningless();
      return refuse();
    }
    const entry = add(id, opening.meta, true, {});
    const events = needs.opened(opening.meta, entry.stream);
    if (events === undefined) return entry.stream.close();
    entry.events = events;
  }

  function take({ id, event, argument }: { id: string; event: string; argument: unknown }): void {
    if (event === "new") return openedByThem(id, argument);
    const entry = entries.get(id);
    if (entry === undefined) {
      // Late frames of a stream that we closed are as they should be.
      if (event !== "close" && event !== "data" && event !== "end") meaningless();
      return;
    }
    switch (event) {
      case "data":
        if (typeof argument !== "string") {
          meaningless();
          return entry.stream.close();
        }
        if (!entry.theyEnded) entry.events.data?.(argument);
        return;
      case "end":
        if (entry.theyEnded) return;
        entry.theyEnded = true;
        entry.events.end?.();
        return;
      case "pause":
        return entry.paused();
      case "resume":
        return entry.resumed();
      case "close":
      case "error":
        return entry.stream.close();
      default:
        return meaningless();
    }
  }

  return {
    receive(chunk) {
      for (const line of lines(chunk)) {
        const frame = readFrame(line);
        if (frame === undefined) meaningless();
        else take(frame);
      }
    },
    open({ meta, writable, readable }, events) {
      const id = randomBytes(7).toString("hex");
      const { stream } = add(id, meta, false, events);
      needs.write(writeFrame(id, "new", { meta, opts: { writable, readable } }));
      return stream;
    },
    get size() {
      return entries.size;
    },
    ended() {
      for (const id of [...entries.keys()]) forget(id);
    },
  };
}
