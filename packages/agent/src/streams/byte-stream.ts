import { Duplex } from "node:stream";
import { MAX_STREAM_MESSAGE_BYTES, streamEnds } from "@atalaya/protocol";
import type { WebSocket } from "ws";

/** Bytes both ways between us and the server. Who writes waits for `drain`, who reads slowly slows the server down. */
export interface ByteStream {
  /** Each direction ends by itself; destroying it with an `AtalayaError` tells the server that code. */
  readonly bytes: Duplex;
  /** Beside the bytes. False when it was not said: the server is behind, or the stream has ended. */
  say(value: unknown): boolean;
  /** Told to the server when our direction ends. */
  lastWord(value: unknown): void;
  /** The server's last word, once its direction has ended. */
  readonly heard: unknown;
  /** Nothing is read from the server at the moment, so nothing can be heard. */
  readonly paused: boolean;
}

/** What one message of the server may hold. */
export const MAX_MESSAGE_BYTES = MAX_STREAM_MESSAGE_BYTES + 1024;

/** Takes a paused socket. `said` hears what the server says beside the bytes. */
export function byteStream(socket: WebSocket, said: ((value: unknown) => void) | undefined): ByteStream {
  const ends = streamEnds(socket, () => bytes, said);
  const bytes = new Duplex(ends.options);
  // `nodebuffer` is the binary type, so it is one Buffer.
  socket.on("message", (data, isBinary) => ends.message(data as Buffer, isBinary));
  socket.on("close", (_, reason) => ends.closed(reason.toString()));
  // Its close follows, which is enough to know.
  socket.on("error", () => undefined);
  socket.resume();
  return {
    bytes,
    say: ends.say,
    lastWord: ends.lastWord,
    get heard() {
      return ends.heard;
    },
    get paused() {
      return ends.paused;
    },
  };
}
