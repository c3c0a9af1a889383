import { Duplex } from "node:stream";
import { MAX_STREAM_MESSAGE_BYTES, streamEnds } from "@atalaya/protocol";
import type { WebSocket } from "ws";

/** Bytes both ways between us and one host. Who writes waits for `drain`, who reads slowly slows the host down. */
export interface ByteStream {
  /** Each direction ends by itself; destroying it with an `AtalayaError` tells the host that code. */
  readonly bytes: Duplex;
  /** Beside the bytes. False when it was not said: the host is behind, or the stream has ended. */
  say(value: unknown): boolean;
  /** The host's last word, once its direction has ended. It is the host's: parse it. */
  readonly heard: unknown;
}

/** What this room knows of a stream besides. */
export interface OpenedStream extends ByteStream {
  readonly socket: WebSocket;
  /** Nothing is read from it at the moment, so nothing can be heard. */
  readonly paused: boolean;
}

/** What one message may hold: the host's pieces, and a little for those that are refused with a code. */
export const MAX_MESSAGE_BYTES = MAX_STREAM_MESSAGE_BYTES + 1024;

/** Takes a paused socket. `said` hears what the host says beside the bytes. */
export function byteStream(socket: WebSocket, said: ((value: unknown) => void) | undefined): OpenedStream {
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
    socket,
    say: ends.say,
    get heard() {
      return ends.heard;
    },
    get paused() {
      return ends.paused;
    },
  };
}
