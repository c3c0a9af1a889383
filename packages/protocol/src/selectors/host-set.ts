/**
 * Many names as few words and back: `pc-01, pc-02, pc-03, web` ⇄ `pc-[01-03],web`. What `foldHosts` writes is also a
 * selector that hits exactly these names.
 */
import { failIn, type Fail } from "./malformed.ts";
import { compareNames } from "./natural-order.ts";
import { printPattern, readPatterns } from "./pattern-text.ts";
import { MAX_DIGITS, type NumberRange, type Pattern, type PatternPart } from "./pattern.ts";
import { tokensOf } from "./tokens.ts";

/** Folds over every number in a name, the last one first: `rack[1-2]-node[01-40]`. Order and repetition are lost. */
export function foldHosts(names: Iterable<string>): string {
  let boxes = [...new Set(names)].map(boxOf);
  const most = boxes.reduce((most, box) => Math.max(most, box.numbers.length), 0);
  for (let dimension = most - 1; dimension >= 0; dimension--) boxes = merged(boxes, dimension);
  return boxes
    .map((box) => ({ box, first: firstOf(box) }))
    .sort((a, b) => compareNames(a.first, b.first))
    .map(({ box }) => printPattern(patternOf(box)))
    .join(",");
}

/** The names that a folded set stands for, in natural order. Throws `selector.malformed`, also when there are more than `limit`. */
export function expandHosts(text: string, limit = 100_000): readonly string[] {
  const fail = failIn(text);
  const [word, end] = tokensOf(text, fail);
  if (word?.kind === "end") return [];
  if (word?.kind !== "word" || end?.kind !== "end")
    return fail(end?.position ?? 0, "a blank or word too many", ["names parted by commas"]);
  const names = new Set<string>();
  for (const pattern of readPatterns(word, "a name", fail)) {
    const count = countOf(pattern, fail);
    if (count > limit) fail(0, `the set has more than ${limit} names`, ["fewer names"]);
    for (const name of namesOf(pattern)) names.add(name);
    if (names.size > limit) fail(0, `the set has more than ${limit} names`, ["fewer names"]);
  }
  return [...names].sort(compareNames);
}

/** Names that differ only in numbers: texts, and between them the sets of digits that occur. */
interface Box {
  readonly texts: readonly string[];
  readonly numbers: readonly (readonly string[])[];
}

function boxOf(name: string): Box {
  const texts: string[] = [""];
  const numbers: string[][] = [];
  for (const run of name.match(/\d+|\D+/g) ?? []) {
    if (/^\d/.test(run) && run.length <= MAX_DIGITS) {
      numbers.push([run]);
      texts.push("");
    } else {
      texts[texts.length - 1] += run;
    }
  }
  return { texts, numbers };
}

function merged(boxes: readonly Box[], dimension: number): Box[] {
  const groups = new Map<string, { readonly box: Box; readonly digits: string[] }>();
  for (const box of boxes) {
    const key = JSON.stringify([box.texts, box.numbers.map((digits, i) => (i === dimension ? 0 : digits))]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { box, digits: [...(box.numbers[dimension] ?? [])] });
    else group.digits.push(...box.numbers[dimension]!);
  }
  return Array.from(groups.values(), ({ box, digits }) => ({
    texts: box.texts,
    numbers: box.numbers.map((old, i) => (i === dimension ? digits.sort(compareNames) : old)),
  }));
}

function firstOf(box: Box): string {
  return box.texts.map((text, i) => text + (box.numbers[i]?.[0] ?? "")).join("");
}

function patternOf({ texts, numbers }: Box): Pattern {
  const parts: PatternPart[] = [];
  const add = (text: string) => {
    const last = parts.at(-1);
    if (last?.kind === "text") parts[parts.length - 1] = { kind: "text", text: last.text + text };
    else if (text !== "") parts.push({ kind: "text", text });
  };
  for (const [i, text] of texts.entries()) {
    add(text);
    const digits = numbers[i];
    if (digits?.length === 1) add(digits[0]!);
    else if (digits !== undefined) parts.push({ kind: "numbers", ranges: rangesOf(digits) });
  }
  return parts;
}

/**
 * `09` and `10` make `[09-10]`, `9` and `10` make `[9-10]`: a number without a leading zero goes on a padded range as
 * long as it has at least that many digits.
 */
function rangesOf(digits: readonly string[]): readonly NumberRange[] {
  const left = new Set(digits);
  const ranges: NumberRange[] = [];
  const padded = (text: string) => text.length > 1 && text.startsWith("0");
  const starts = [...digits].sort(
    (a, b) => Number(padded(b)) - Number(padded(a)) || a.length - b.length || compareNames(a, b),
  );
  for (const start of starts) {
    if (!left.delete(start)) continue;
    const width = padded(start) ? start.length : 1;
    const from = Number(start);
    let to = from;
    while (left.delete(String(to + 1).padStart(width, "0"))) to += 1;
    ranges.push({ from, to, width });
  }
  return ranges.sort((a, b) => a.from - b.from || a.width - b.width);
}

function countOf(pattern: Pattern, fail: Fail): number {
  let count = 1;
  for (const part of pattern) {
    if (part.kind === "any" || part.kind === "one") fail(0, "a wildcard stands in a set of names", ["names", "ranges"]);
    if (part.kind === "numbers") count *= part.ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }
  return count;
}

function namesOf(pattern: Pattern): readonly string[] {
  let names = [""];
  for (const part of pattern) {
    if (part.kind === "text") names = names.map((name) => name + part.text);
    if (part.kind === "numbers") {
      const digits = part.ranges.flatMap(({ from, to, width }) =>
        Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(width, "0")),
      );
      names = names.flatMap((name) => digits.map((each) => name + each));
    }
  }
  return names;
}
