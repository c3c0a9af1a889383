/** Marco: asks a grid and collects answers. A socket of its own for each question, so that answers cannot be mixed up. */
import { createSocket, type Socket } from "node:dgram";
import {
  gatherAnswers,
  MARCO_GROUPS,
  MARCO_PORT,
  writeQuestion,
  type Answer,
  type Question,
} from "@atalaya/protocol/marcopolo";
import { ownNetworks } from "./on-link.ts";

export interface Asked {
  readonly group?: string;
  /** Ask this node alone. */
  readonly node?: string;
  /** In all, however late answers come in. */
  readonly timeoutMs: number;
  /** Ask again so many times within the time. */
  readonly retries?: number;
  /** Stop as soon as so many were kept. */
  readonly most?: number;
  /** Which answers count. */
  readonly keep: (address: string, answer: Answer) => boolean;
}

const TTL = 2;
const MAX_NODES = 4_096;

/** One answer an address, in the order they came. */
export async function ask(question: Question, asked: Asked): Promise<ReadonlyMap<string, Answer>> {
  const { timeoutMs, retries = 0, most = MAX_NODES, keep } = asked;
  const { answers: kept, take } = gatherAnswers(most, keep);
  const timers: NodeJS.Timeout[] = [];
  // One a card: a socket sends its multicasts by one card only. A node that is named is found by the routes.
  const sockets = asked.node === undefined ? ownNetworks().addresses.map(cardSocket) : [cardSocket(undefined)];
  try {
    await new Promise<void>((resolve) => {
      for (const socket of sockets) {
        socket.on("message", (datagram, { address }) => {
          if (take(datagram, address)) resolve();
        });
      }
      const send = (): void => {
        const to = asked.node ?? asked.group ?? MARCO_GROUPS[0];
        for (const socket of sockets) socket.send(writeQuestion(question), MARCO_PORT, to, () => undefined);
      };
      for (let time = 0; time <= retries; time += 1) timers.push(setTimeout(send, (timeoutMs / (retries + 1)) * time));
      timers.push(setTimeout(resolve, timeoutMs));
    });
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.close();
  }
  return kept;
}

/** Sending before it is bound is queued by Node; a card that goes down in this moment only means no answers. */
function cardSocket(address: string | undefined): Socket {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined);
  socket.bind({ port: 0, ...(address === undefined ? {} : { address }) }, () => {
    try {
      socket.setMulticastTTL(TTL);
      if (address !== undefined) socket.setMulticastInterface(address);
    } catch {
      // As above.
    }
  });
  return socket;
}
