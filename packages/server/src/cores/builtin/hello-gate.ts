import type { Socket } from "node:net";
import type { Clock } from "../../platform/clock.ts";
import { type ClientHello, MAX_HELLO_BYTES, parseClientHello } from "./client-hello.ts";

export interface GateLimits {
  readonly helloTimeoutMs: number;
  /** Connections of one address, and of all, whose hello is still unread. */
  readonly unreadPerAddress: number;
  readonly unreadInAll: number;
}

export type GateRefusal = "too-slow" | "not-tls" | "evicted" | "too-many-pieces";

export interface Gate extends Disposable {
  /** Takes a fresh socket. Its bytes are put back before it is handed over, so that nobody sees they were read. */
  take(socket: Socket, address: string): void;
  /** Lets go of a socket that was closed, if it still waits here. */
  forget(socket: Socket): void;
  readonly unread: number;
}

interface GateNeeds {
  readonly clock: Clock;
  readonly limits: GateLimits;
  readonly pass: (socket: Socket, hello: ClientHello & { readonly kind: "hello" }) => void;
  readonly refused: (why: GateRefusal, address: string) => void;
}

// A hello comes in one to three packets; who sends it letter by letter is not an honest client.
const MAX_PIECES = 256;
const NOTHING = Buffer.alloc(0);

/**
 * The first reader of every connection: looks at the ClientHello and at nothing else. When too many are waiting, the
 * one that has waited longest goes: honest clients speak at once, so those who crowd the gate lose their places.
 */
export function createGate({ clock, limits, pass, refused }: GateNeeds): Gate {
  const byAddress = new Map<string, Set<Waiting>>();
  /** The one that has waited longest first. */
  const inAll = new Map<Socket, Waiting>();
  /** Of the one that has waited longest, or of one that was before it: a timer for each would be set for nothing. */
  let deadline: Disposable | undefined;

  const leave = (waiting: Waiting): void => {
    waiting.socket.off("data", read);
    inAll.delete(waiting.socket);
    const neighbours = byAddress.get(waiting.address);
    neighbours?.delete(waiting);
    if (neighbours?.size === 0) byAddress.delete(waiting.address);
  };
  function watch(inMs: number): void {
    deadline = clock.after(inMs, () => {
      deadline = undefined;
      for (const waiting of inAll.values()) {
        const leftMs = waiting.since + limits.helloTimeoutMs - performance.now();
        if (leftMs > 0) return watch(leftMs);
        refuse(waiting, "too-slow");
      }
    });
  }
  const refuse = (waiting: Waiting, why: GateRefusal): void => {
    leave(waiting);
    refused(why, waiting.address);
    if (why === "not-tls") waiting.socket.end(plainAnswer(waiting.bytes));
    waiting.socket.destroySoon();
  };
  /** One function for all sockets: a closure of each would be made, put on and taken off for one packet. */
  function read(this: Socket, piece: Buffer): void {
    const waiting = inAll.get(this);
    if (waiting === undefined) return;
    waiting.bytes = waiting.bytes.length === 0 ? piece : Buffer.concat([waiting.bytes, piece]);
    waiting.pieces += 1;
    const hello = parseClientHello(waiting.bytes.subarray(0, MAX_HELLO_BYTES));
    if (hello.kind === "malformed") return refuse(waiting, "not-tls");
    if (hello.kind === "incomplete") {
      if (waiting.pieces >= MAX_PIECES) refuse(waiting, "too-many-pieces");
      return;
    }
    leave(waiting);
    // Before its bytes are put back, or they would be read here once more.
    this.pause();
    this.unshift(waiting.bytes);
    pass(this, hello);
  }

  return {
    take(socket, address) {
      const waiting: Waiting = { socket, address, bytes: NOTHING, pieces: 0, since: performance.now() };
      const neighbours = byAddress.get(address) ?? new Set();
      if (neighbours.size >= limits.unreadPerAddress) refuse(oldest(neighbours.values()), "evicted");
      else if (inAll.size >= limits.unreadInAll) refuse(oldest(inAll.values()), "evicted");
      byAddress.set(address, neighbours.add(waiting));
      inAll.set(socket, waiting);
      if (deadline === undefined) watch(limits.helloTimeoutMs);
      socket.on("data", read).resume();
    },
    forget(socket) {
      const waiting = inAll.get(socket);
      if (waiting !== undefined) leave(waiting);
    },
    get unread() {
      return inAll.size;
    },
    [Symbol.dispose]() {
      deadline?.[Symbol.dispose]();
      deadline = undefined;
      for (const waiting of inAll.values()) {
        leave(waiting);
        waiting.socket.destroy();
      }
    },
  };
}

interface Waiting {
  readonly socket: Socket;
  readonly address: string;
  /** By a clock that nobody sets: `performance.now`. */
  readonly since: number;
  bytes: Buffer;
  pieces: number;
}

function oldest(waiting: Iterator<Waiting>): Waiting {
  return waiting.next().value as Waiting;
}

/** A person who forgot the `s` of `https` is told so; everybody else gets TLS's own "decode error". */
function plainAnswer(bytes: Buffer): Buffer | string {
  if (!/^[A-Z]{3,7} /.test(bytes.toString("latin1", 0, 8))) return Buffer.from([0x15, 3, 1, 0, 2, 2, 50]);
  const body = "This port speaks HTTPS: write https:// in place of http://\n";
  return `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}
