/**
 * The wire of the originals, written from what is known of it and sharing nothing with the gateway: JSON lines of
 * mux-demux 3.7.8 with their habits, good and bad. Every line in both directions is kept.
 */
import { EventEmitter } from "node:events";
import type { Duplex } from "node:stream";

export interface WireStream {
  readonly id: string;
  readonly meta: string;
  readonly events: EventEmitter<{ data: [unknown]; end: []; close: []; error: [unknown] }>;
  write(chunk: string): void;
  end(): void;
  close(): void;
}

export interface Wire {
  readonly sent: string[];
  readonly received: string[];
  /** Of the streams that the other end opened. */
  readonly opened: EventEmitter<{ stream: [WireStream] }>;
  open(meta: string, opts?: { readonly writable: boolean; readonly readable: boolean }): WireStream;
  /** A frame as it is. */
  frame(...parts: readonly unknown[]): void;
  /** Bytes as they are. */
  raw(bytes: string | Uint8Array): void;
}

/** The hex fractions of two random numbers, as the original makes its ids. */
function newId(): string {
  return Math.random().toString(16).slice(2, 10) + Math.random().toString(16).slice(2, 9);
}

export function speak(socket: Duplex): Wire {
  const sent: string[] = [];
  const received: string[] = [];
  const streams = new Map<string, WireStream>();
  const opened: Wire["opened"] = new EventEmitter();
  let rest = "";

  const raw = (bytes: string | Uint8Array): void => void (socket.destroyed || socket.write(bytes));
  const frame = (...parts: readonly unknown[]): void => {
    const line = JSON.stringify(parts);
    sent.push(line);
    raw(`${line}\n`);
  };

  function streamOf(id: string, meta: string): WireStream {
    let hasEnded = false;
    let hasClosed = false;
    const stream: WireStream = {
      id,
      meta,
      events: new EventEmitter(),
      write: (chunk) => frame(id, "data", chunk),
      end() {
        if (!hasEnded) frame(id, "end");
        hasEnded = true;
      },
      close() {
        if (!hasClosed) frame(id, "close");
        hasClosed = true;
      },
    };
    // As in Node: nobody has to listen here.
    stream.events.on("error", () => undefined);
    streams.set(id, stream);
    return stream;
  }

  function take(line: string): void {
    received.push(line);
    const [id, event, argument] = JSON.parse(line) as [string, string, unknown];
    if (event === "new") {
      const { meta } = argument as { readonly meta: string };
      opened.emit("stream", streamOf(id, meta));
      return;
    }
    const stream = streams.get(id);
    if (stream === undefined) return;
    if (event === "data") stream.events.emit("data", argument);
    else if (event === "end") stream.events.emit("end");
    else if (event === "error") stream.events.emit("error", argument);
    else if (event === "close") {
      streams.delete(id);
      stream.close();
      stream.events.emit("close");
    }
  }

  // Chunk by chunk, as the original decodes them.
  socket.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("utf8")).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  socket.on("error", () => undefined);
  return {
    sent,
    received,
    opened,
    open(meta, opts = { writable: true, readable: true }) {
      const id = newId();
      frame(id, "new", { meta, opts });
      return streamOf(id, meta);
    },
    frame,
    raw,
  };
}
