import net from "node:net";
import type { ListenAddress } from "../core.ts";
import { listen } from "./listen.ts";

/** Those who connect before there is anybody to answer. More of them are sent away: they come back. */
const MAX_EARLY = 4_096;

/** The sockets that are listened on, from `bind` to `close`. */
export interface Listeners {
  bind(): Promise<void>;
  readonly addresses: readonly ListenAddress[];
  /** Hands over who has come, and from now on who comes. */
  accept(take: (socket: net.Socket) => void): void;
  /** Takes nobody any more. Idempotent. */
  close(): Promise<void>;
}

/** `setting`: what to name where an address cannot be listened on. */
export function createListeners(wanted: readonly ListenAddress[], setting?: string): Listeners {
  let addresses: readonly ListenAddress[] = [];
  let early: Set<net.Socket> | undefined = new Set();
  let take = (socket: net.Socket): void => {
    if (early === undefined || early.size >= MAX_EARLY) return void socket.destroy();
    early.add(socket);
    socket.once("close", () => early?.delete(socket)).on("error", () => undefined);
  };
  const servers = wanted.map(() => net.createServer({ noDelay: true, pauseOnConnect: true }, (socket) => take(socket)));
  const taken = (): readonly net.Socket[] => {
    const sockets = [...(early ?? [])];
    early = undefined;
    return sockets;
  };
  return {
    async bind() {
      const bound: ListenAddress[] = [];
      for (const [i, server] of servers.entries()) bound.push(await listen(server, wanted[i]!, setting));
      addresses = bound;
    },
    get addresses() {
      return addresses;
    },
    accept(receive) {
      take = receive;
      for (const socket of taken()) receive(socket);
    },
    async close() {
      for (const socket of taken()) socket.destroy();
      await Promise.all(servers.map(closed));
    },
  };
}

function closed(server: net.Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}
