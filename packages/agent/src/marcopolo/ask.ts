/** Marco: asks a grid and collects answers. */
import { createSocket } from "node:dgram";
import { asking, gatherAnswers, MARCO_GROUPS, type Answer, type Question } from "@atalaya/protocol/marcopolo";
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

const MAX_NODES = 4_096;

/** One answer an address, in the order they came. */
export async function ask(question: Question, asked: Asked): Promise<ReadonlyMap<string, Answer>> {
  const { group = MARCO_GROUPS[0], node, timeoutMs, retries = 0, most = MAX_NODES, keep } = asked;
  const { answers: kept, take } = gatherAnswers(most, keep);
  const over = Promise.withResolvers<void>();
  using marco = asking({
    open: () => createSocket("udp4"),
    cards: node === undefined ? ownNetworks().addresses : [undefined],
    heard(datagram, address) {
      if (take(datagram, address)) over.resolve();
    },
  });
  const times = Array.from({ length: retries + 1 }, (_, time) => (timeoutMs / (retries + 1)) * time);
  const timers = [
    ...times.map((atMs) => setTimeout(() => marco.ask(question, node ?? group), atMs)),
    setTimeout(over.resolve, timeoutMs),
  ];
  await over.promise;
  for (const timer of timers) clearTimeout(timer);
  return kept;
}
