/**
 * The asking half over UDP, the same for an agent and for a server: which sockets a question goes out by. Pure: sockets
 * are handed in, because this package knows no runtime.
 */
import { MARCO_PORT, writeQuestion, type Question } from "./datagrams.ts";

/** What is needed of a UDP socket; `node:dgram`'s fits it. */
export interface MarcoSocket {
  on(event: "message", heard: (datagram: Uint8Array, from: { readonly address: string }) => void): unknown;
  on(event: "error", failed: () => void): unknown;
  bind(own: { readonly port: number; readonly address?: string }, bound: () => void): unknown;
  setMulticastTTL(ttl: number): unknown;
  setMulticastInterface(address: string): unknown;
  send(datagram: string, port: number, address: string, sent: () => void): void;
  close(): unknown;
}

export interface AskingNeeds {
  /** A fresh socket: of its own for each question, so that answers of questions are not mixed up. */
  readonly open: () => MarcoSocket;
  /** Own addresses to ask from, one a card; undefined: as the routes have it, for a node that is named. */
  readonly cards: readonly (string | undefined)[];
  readonly heard: (datagram: Uint8Array, address: string) => void;
}

/** Hears answers until it is disposed. */
export interface Asking extends Disposable {
  /** To a group or a node, from every card. */
  ask(question: Question, to: string): void;
}

/** To the neighbours, and those who are one router away. */
const TTL = 2;

export function asking({ open, cards, heard }: AskingNeeds): Asking {
  // One a card: a socket sends its multicasts by one card only.
  const sockets = cards.map((card) => {
    const socket = open();
    socket.on("message", (datagram, { address }) => heard(datagram, address));
    // A card that goes down in this moment only means no answers from it.
    socket.on("error", () => undefined);
    socket.bind({ port: 0, ...(card === undefined ? {} : { address: card }) }, () => {
      try {
        socket.setMulticastTTL(TTL);
        if (card !== undefined) socket.setMulticastInterface(card);
      } catch {
        // As above.
      }
    });
    return socket;
  });
  return {
    ask(question, to) {
      // What is sent before the socket is bound waits for that.
      const datagram = writeQuestion(question);
      for (const socket of sockets) socket.send(datagram, MARCO_PORT, to, () => undefined);
    },
    [Symbol.dispose]() {
      for (const socket of sockets) socket.close();
    },
  };
}
