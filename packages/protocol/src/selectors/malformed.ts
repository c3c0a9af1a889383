import { AtalayaError } from "../failures.ts";

/** What stands in the details of `selector.malformed`. */
export interface MalformedDetails {
  /** As the sentence says it: counted from 1, in UTF-16 units; one more than the text has: its end. */
  readonly position: number;
  /** What could have stood there. */
  readonly expected: readonly string[];
  /** Two lines for people: the text, and a caret under the position. */
  readonly caret: string;
}

/** Stops reading at an offset, from 0. */
export type Fail = (position: number, sentence: string, expected: readonly string[]) => never;

/** How every part of the reader refuses this text. */
export function failIn(text: string): Fail {
  return (position, sentence, expected) => {
    const wanted = expected.length === 0 ? "" : `; expected ${inWords(expected)}`;
    const details = { position: position + 1, expected, caret: caretUnder(text, position) } satisfies MalformedDetails;
    throw new AtalayaError("selector.malformed", `${sentence} at position ${details.position}${wanted}`, {
      details: { ...details },
      next: details.caret,
    });
  };
}

const AROUND = 36;

/** The part of the text around the position, on one line, and a caret below it. */
export function caretUnder(text: string, position: number): string {
  const from = Math.max(0, position - AROUND);
  const until = Math.min(text.length, position + AROUND);
  const before = `${from > 0 ? "…" : ""}${visible(text.slice(from, position))}`;
  const after = `${visible(text.slice(position, until))}${until < text.length ? "…" : ""}`;
  return `${before}${after}\n${" ".repeat(before.length)}^`;
}

// Control characters would move the caret away from what it points at, or worse, act on a terminal.
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => (char === "\n" || char === "\t" ? " " : "\uFFFD"));
}

function inWords(words: readonly string[]): string {
  if (words.length === 1) return words[0]!;
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)!}`;
}
