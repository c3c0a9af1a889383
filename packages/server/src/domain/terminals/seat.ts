/** The person's end of a terminal: a WebSocket whose binary messages are the terminal's bytes, its text messages JSON. */
import { AtalayaError, type FailureCode, TerminalEnd, TerminalSaid } from "@atalaya/protocol";
import type { WebSocket } from "ws";
import type { Clock } from "../../platform/clock.ts";
import type { ByteStream } from "../link/index.ts";
import type { Recording } from "./recordings.ts";

/** What somebody pastes comes in one message. */
export const MAX_CLIENT_BYTES = 1024 * 1024;

export type SeatEnd =
  | { readonly exitCode: number }
  | { readonly reason: { readonly code: FailureCode; readonly message: string } };

export interface Opening {
  readonly account: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly recorded: boolean;
}

export interface Seat {
  /** The socket is closed, by whomever. */
  readonly left: Promise<void>;
  begin(opening: Opening): void;
  /** Carries bytes both ways, at the pace of the slower; resolves with how the terminal ended. */
  join(stream: ByteStream, recording: Recording | undefined): Promise<SeatEnd>;
  /** Tells how it ended, and closes. */
  end(end: SeatEnd): void;
}

/** Unsent bytes at which the host waits. */
const UNSENT_BYTES = 256 * 1024;
const PING_MS = 20_000;
const SILENT_MS = 65_000;
const MAX_TEXT = 4_096;

export function createSeat(socket: WebSocket, clock: Clock): Seat {
  const left = Promise.withResolvers<void>();
  let heardAt = clock.now();
  let paused = false;
  let beat = clock.after(PING_MS, attend);
  // Typed before the host has opened waits in the socket.
  socket.pause();

  function attend(): void {
    beat = clock.after(PING_MS, attend);
    // While we do not read, nothing can be heard.
    if (paused) heardAt = clock.now();
    if (clock.now() - heardAt >= SILENT_MS) socket.terminate();
    else socket.ping();
  }

  const heard = (): void => void (heardAt = clock.now());
  socket
    .on("message", heard)
    .on("pong", heard)
    .on("error", () => undefined);
  socket.once("close", () => {
    beat[Symbol.dispose]();
    left.resolve();
  });

  const send = (message: object): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };

  function resume(): void {
    paused = false;
    socket.resume();
  }

  function fromPerson({ bytes, say }: ByteStream, data: Buffer, isBinary: boolean, recording?: Recording): void {
    if (isBinary) {
      if (bytes.destroyed || bytes.writableEnded || bytes.write(data)) return;
      paused = true;
      socket.pause();
      bytes.once("drain", resume);
      return;
    }
    const said = data.length > MAX_TEXT ? undefined : readSaid(data.toString());
    if (said === undefined) return;
    if (said === "end") return void bytes.end();
    say(said);
    recording?.resize(said);
  }

  function toPerson({ bytes }: ByteStream, data: Buffer, recording?: Recording): void {
    const isSlow = recording?.output(data) === false;
    socket.send(data, { binary: true }, () => {
      if (socket.bufferedAmount < UNSENT_BYTES && !(recording?.isFull ?? false)) bytes.resume();
    });
    if (isSlow || socket.bufferedAmount >= UNSENT_BYTES) bytes.pause();
  }

  return {
    left: left.promise,
    begin: (opening) => send({ type: "opened", ...opening }),
    join(stream, recording) {
      const { bytes } = stream;
      const end = Promise.withResolvers<SeatEnd>();
      socket.on("message", (data, isBinary) => fromPerson(stream, data as Buffer, isBinary, recording));
      resume();
      recording?.onRoom(() => bytes.resume());
      recording?.onFailure((failure) => bytes.destroy(failure));
      bytes.on("data", (data: Buffer) => toPerson(stream, data, recording));
      bytes.once("end", () => {
        bytes.end();
        const word = TerminalEnd.safeParse(stream.heard);
        end.resolve(word.success ? word.data : { reason: { code: "stream.broken", message: "The terminal was cut." } });
      });
      bytes.once("error", (error) => {
        const failure = error instanceof AtalayaError ? error : undefined;
        end.resolve({ reason: { code: failure?.code ?? "stream.broken", message: error.message } });
      });
      // Ended by the person's leaving, there may be neither.
      bytes.once("close", () => end.resolve({ reason: { code: "stream.broken", message: "The terminal was cut." } }));
      void left.promise.then(() => bytes.destroy());
      return end.promise;
    },
    end(how) {
      send({ type: "ended", ...how });
      if (paused || socket.isPaused) socket.resume();
      socket.close(1000);
    },
  };
}

/** What the person's side says beside the bytes; what cannot be read is not obeyed. */
function readSaid(text: string): { type: "resize"; columns: number; rows: number } | "end" | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if ((value as { type?: unknown } | null)?.type === "end") return "end";
    const said = TerminalSaid.safeParse(value);
    return said.success ? said.data : undefined;
  } catch {
    return undefined;
  }
}
