/** Bytes to a port of a host, over `ws`: binary messages are the bytes, a text message ends one direction. */
import { Duplex } from "node:stream";
import { WebSocket, type RawData } from "ws";
import { ClientError } from "../client-error.ts";
import { cutWhenSilent, dialer, onRefusal } from "./dial.ts";
import type { Trust } from "./trust.ts";
import { unreachable } from "./unreachable.ts";

const PROTOCOL = "atalaya.relay.v1";
const CONNECT_WITHIN_MS = 30_000;
/** Unsent bytes at which whoever writes waits, and the largest message. */
const UNSENT_BYTES = 256 * 1024;

export interface RelayWish {
  /** Id or name. */
  readonly host: string;
  readonly port: number;
  /** A machine that the host reaches, if its policy allows; absent: the host itself, on its loopback. */
  readonly target?: string;
}

/** Resolves when the host has connected; rejects with why it did not. The duplex belongs to the caller. */
export type OpenRelay = (wish: RelayWish) => Promise<Duplex>;

export function nodeRelays(needs: {
  readonly url: string;
  readonly token?: () => string | undefined;
  readonly trust: Trust;
}): OpenRelay {
  return async ({ host, port, target }) => {
    const url = new URL(`/api/v1/hosts/${encodeURIComponent(host)}/relay`, needs.url);
    url.searchParams.set("port", String(port));
    if (target !== undefined) url.searchParams.set("target", target);
    const dialWith = await dialer(url, PROTOCOL, { trust: needs.trust, withinMs: CONNECT_WITHIN_MS });
    const socket = dialWith(needs.token?.());
    const bytes = duplexOver(socket);
    // One that never was is told by the rejection; whoever reads it listens for more.
    bytes.on("error", () => undefined);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(bytes));
      socket.on("error", (error) => reject(unreachable(url, error)));
      onRefusal(socket, (why) => void why.then(reject));
    });
  };
}

function duplexOver(socket: WebSocket): Duplex {
  let paused = false;
  let ended = false;
  let theyEnded = false;

  const bytes = new Duplex({
    allowHalfOpen: true,
    read() {
      if (!paused) return;
      paused = false;
      socket.resume();
    },
    write(chunk: Buffer, _, done) {
      if (socket.readyState !== WebSocket.OPEN) return done(broken());
      const room = (): boolean => socket.bufferedAmount < UNSENT_BYTES;
      let waits = false;
      for (let at = 0; at < chunk.length; at += UNSENT_BYTES) {
        const isLast = at + UNSENT_BYTES >= chunk.length;
        socket.send(chunk.subarray(at, at + UNSENT_BYTES), { binary: true }, (error) => {
          if (isLast && waits) done(error);
        });
      }
      waits = chunk.length > 0 && !room();
      if (!waits) done();
    },
    final(done) {
      ended = true;
      if (socket.readyState === WebSocket.OPEN) socket.send('{"type":"end"}');
      done();
    },
    destroy(error, done) {
      if (paused) socket.resume();
      socket.close();
      done(error);
    },
  });

  cutWhenSilent(socket);
  socket.on("message", (data: RawData, isBinary) => {
    if (isBinary) {
      if (bytes.push(data as Buffer) || paused) return;
      paused = true;
      return socket.pause();
    }
    if (!(data as Buffer).toString("utf8").startsWith('{"type":"end"')) return;
    theyEnded = true;
    bytes.push(null);
  });
  socket.on("close", (_code, reason) => {
    if (!(ended && theyEnded)) bytes.destroy(broken(reason.toString()));
  });
  return bytes;
}

function broken(code = ""): ClientError {
  return new ClientError({ code: code === "" ? "stream.broken" : code, detail: "The relay was cut." });
}
