/** Asks MarcoPolo's grids who is there, from every card of this machine. */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { asking, gatherAnswers, MARCO_GROUPS, type Answer, type Question } from "@atalaya/protocol/marcopolo";

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
  using marco = asking({
    open: () => createSocket("udp4"),
    cards: node === undefined ? ownAddresses() : [undefined],
    heard: take,
  });
  for (const to of node === undefined ? MARCO_GROUPS : [node]) marco.ask(question, to);
  await new Promise((resolve) => setTimeout(resolve, timeoutMs));
  return answers;
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((cards) =>
    (cards ?? []).flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : [])),
  );
}
