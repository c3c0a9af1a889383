/**
 * Answers what PAM's modules ask, for who sent name, password and further answers at once. The first hidden question is
 * the password; one that asks for the name gets it; all others take the further answers in their order. Only decides.
 */
import type { Attempt, Prompt } from "./answer.ts";
import type { Message } from "./library.ts";

export interface Conversation {
  /** Undefined: there is no answer left. */
  converse(message: Message): string | undefined;
  /** What was asked in vain; empty: everything was answered. */
  readonly unanswered: readonly Prompt[];
  /** What modules said, errors and infos, for people. */
  readonly said: readonly string[];
}

const MOST_SAID = 20;
const LONGEST = 1_000;

export function createConversation({ account, password, answers }: Attempt): Conversation {
  const left = [...answers];
  const unanswered: Prompt[] = [];
  const said: string[] = [];
  let isPasswordAsked = false;

  function answerTo({ kind, text }: Message): string | undefined {
    if (kind === "hidden" && !isPasswordAsked) {
      isPasswordAsked = true;
      return password;
    }
    if (kind === "shown" && /\b(login|user(name)?|account)\b/i.test(text)) return account;
    return left.shift();
  }

  return {
    converse(message) {
      const text = printable(message.text);
      if (message.kind === "error" || message.kind === "info") {
        if (text !== "" && said.length < MOST_SAID) said.push(text);
        return undefined;
      }
      const answer = unanswered.length > 0 ? undefined : answerTo(message);
      if (answer === undefined) unanswered.push({ text, echo: message.kind === "shown" });
      return answer;
    },
    unanswered,
    said,
  };
}

function printable(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim()
    .slice(0, LONGEST);
}
