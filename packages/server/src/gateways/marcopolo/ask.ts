/** Asks MarcoPolo's grids who is there, from every card of this machine. A socket of its own for each round, so that answers of rounds are not mixed up. */
import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import {
  gatherAnswers,
  MARCO_GROUPS,
  MARCO_PORT,
  writeQuestion,
  type Answer,
  type Question,
} from "@atalaya/protocol/marcopolo";

const TTL = 2;
const MAX_ANSWERS = 8_192;

export interface MarcoQuestion {
  readonly question: Question;
  /** One node alone; absent: both grids. */
  readonly node?: string;
  readonly timeoutMs: number;
}

/** The first answer of each address within the time. */
export async function ask({ question, node, timeoutMs }: MarcoQuestion): Promise<ReadonlyMap<string, Answer>> {
  const { answers, take } = gatherAnswers(MAX_ANSWERS);
  const sockets = node === undefined ? ownAddresses().map(cardSocket) : [cardSocket(undefined)];
  const text = writeQuestion(question);
  for (const socket of sockets) {
    socket.on("message", (datagram, { address }) => void take(datagram, address));
    for (const to of node === undefined ? MARCO_GROUPS : [node]) socket.send(text, MARCO_PORT, to, () => undefined);
  }
  await new Promise((resolve) => setTimeout(resolve, timeoutMs));
  for (const socket of sockets) socket.close();
  return answers;
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((cards) =>
    (cards ?? []).flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : [])),
  );
}

/** A card that goes down in this moment only means no answers from it. */
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
