import { parseAnswer, type Answer } from "./datagrams.ts";

export interface Gathering {
  readonly answers: ReadonlyMap<string, Answer>;
  /** Takes a datagram; true when there are as many answers as are wanted. What is no answer is nothing. */
  take(datagram: Uint8Array, address: string): boolean;
}

/** The first answer of each address, in the order they came. `keep`: which count. */
export function gatherAnswers(
  most: number,
  keep: (address: string, answer: Answer) => boolean = () => true,
): Gathering {
  const answers = new Map<string, Answer>();
  return {
    answers,
    take(datagram, address) {
      const answer = answers.has(address) || answers.size >= most ? undefined : parseAnswer(datagram);
      if (answer !== undefined && keep(address, answer)) answers.set(address, answer);
      return answers.size >= most;
    },
  };
}
