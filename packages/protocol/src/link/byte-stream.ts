/**
 * A stream between its WebSocket and a duplex of the runtime, the same at both ends: back-pressure both ways, ends of
 * one direction, last words. Pure: socket and duplex are handed in, because this package knows no runtime.
 */
import { AtalayaError, isFailureCode } from "../failures.ts";
import { parseStreamText, type StreamText } from "./streams.ts";

/** What is needed of a WebSocket; `ws` fits it. */
export interface StreamSocket {
  readonly bufferedAmount: number;
  send(data: Uint8Array | string, options: { readonly binary: boolean }, sent?: (error?: Error) => void): void;
  pause(): void;
  resume(): void;
  close(code: number, reason: string): void;
}

/** What is needed of a duplex; Node's fits it. */
export interface StreamPipe {
  push(bytes: Uint8Array | null): boolean;
  destroy(error?: Error): unknown;
}

type Done = (error?: Error | null) => void;

/** What a duplex is made with, as Node's constructor takes it. */
export interface StreamPipeOptions {
  readonly allowHalfOpen: true;
  readonly read: () => void;
  readonly write: (bytes: Uint8Array, encoding: unknown, done: Done) => void;
  readonly final: (done: Done) => void;
  readonly destroy: (error: Error | null, done: Done) => void;
}

export interface StreamEnds {
  readonly options: StreamPipeOptions;
  /** What the socket hears; told by whoever has it. */
  message(data: Uint8Array, isBinary: boolean): void;
  closed(reason: string): void;
  /** False when it was not said: the other end is behind, or the stream has ended. */
  say(value: unknown): boolean;
  /** This end's last word, said when the duplex ends. */
  lastWord(value: unknown): void;
  /** The other end's last word, once it has ended its direction. */
  readonly heard: unknown;
  /** No bytes are read from the socket: the duplex's reader is behind. */
  readonly paused: boolean;
}

/** Unsent bytes at which writing waits for the socket. */
const UNSENT_BYTES = 256 * 1024;
/** A message is not larger, whatever is written. */
export const MAX_STREAM_MESSAGE_BYTES = 256 * 1024;
/** RFC 6455, 7.4.1: normal closure, and a condition that the reason names by its code. */
const CLOSE = { done: 1000, failed: 1011 } as const;

export function streamEnds(
  socket: StreamSocket,
  pipe: () => StreamPipe,
  said: (value: unknown) => void = () => undefined,
): StreamEnds {
  let paused = false;
  let ended = false;
  let theyEnded = false;
  let closed = false;
  let ourWord: unknown;
  let theirWord: unknown;

  const text = (message: StreamText): void => socket.send(JSON.stringify(message), { binary: false });

  function write(bytes: Uint8Array, done: Done): void {
    let waits = false;
    const sent = (error?: Error): void => {
      if (waits) done(error);
    };
    for (let at = 0; at < bytes.length; at += MAX_STREAM_MESSAGE_BYTES) {
      const last = at + MAX_STREAM_MESSAGE_BYTES >= bytes.length;
      socket.send(bytes.subarray(at, at + MAX_STREAM_MESSAGE_BYTES), { binary: true }, last ? sent : undefined);
    }
    if (bytes.length > 0 && socket.bufferedAmount >= UNSENT_BYTES) waits = true;
    else done();
  }

  function hear(message: StreamText): void {
    if (message.type === "say") return said(message.value);
    theyEnded = true;
    theirWord = message.value;
    pipe().push(null);
  }

  return {
    options: {
      allowHalfOpen: true,
      read() {
        if (!paused) return;
        paused = false;
        socket.resume();
      },
      write: (bytes, _, done) => (closed ? done(broken()) : write(bytes, done)),
      final(done) {
        if (closed) return done(broken());
        ended = true;
        text(ourWord === undefined ? { type: "end" } : { type: "end", value: ourWord });
        done();
      },
      destroy(error, done) {
        // The answer to our close could not be read otherwise.
        if (paused) socket.resume();
        paused = false;
        if (!closed) {
          closed = true;
          const code = error instanceof AtalayaError ? error.code : "stream.broken";
          if (error === null) socket.close(CLOSE.done, "");
          else socket.close(CLOSE.failed, code);
        }
        done(error);
      },
    },
    message(data, isBinary) {
      if (closed) return;
      try {
        if (theyEnded) throw new AtalayaError("frame.unexpected", "something came after the end of the stream");
        if (!isBinary) return hear(parseStreamText(new TextDecoder().decode(data)));
        if (data.length === 0 || pipe().push(data) || paused) return;
        paused = true;
        socket.pause();
      } catch (error) {
        pipe().destroy(error instanceof Error ? error : undefined);
      }
    },
    closed(reason) {
      if (closed) return;
      closed = true;
      // Both said that they end: nothing is missing.
      if (ended && theyEnded) return;
      pipe().destroy(isFailureCode(reason) ? new AtalayaError(reason, "the other end ended the stream") : broken());
    },
    say(value) {
      if (closed || ended || socket.bufferedAmount >= UNSENT_BYTES) return false;
      text({ type: "say", value });
      return true;
    },
    lastWord: (value) => void (ourWord = value),
    get heard() {
      return theirWord;
    },
    get paused() {
      return paused;
    },
  };
}

function broken(): AtalayaError {
  return new AtalayaError("stream.broken", "the stream was cut");
}
