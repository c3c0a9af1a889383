/**
 * Patterns for names and other text: `pc[01-40]` (numbers, with zero padding as written), `*`, `?`. A range is matched
 * as what it is, never expanded, and matching is linear in the length of the text: no expression makes it explode.
 */

/** `width` is the least number of digits: 2 for `[01-40]`, 1 for `[1-40]`, where `1` matches and `01` does not. */
export interface NumberRange {
  readonly from: number;
  readonly to: number;
  readonly width: number;
}

export type PatternPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "any" }
  | { readonly kind: "one" }
  | { readonly kind: "numbers"; readonly ranges: readonly NumberRange[] };

/** Neighbouring texts are one part; the empty pattern is the empty text. */
export type Pattern = readonly PatternPart[];

/** Longer runs of digits are text, so that every number here is exact. */
export const MAX_DIGITS = 15;

/** The pattern that matches exactly this text. */
export function literal(text: string): Pattern {
  return text === "" ? [] : [{ kind: "text", text }];
}

/** The text a pattern stands for when it stands for only one and is written without wildcards; else undefined. */
export function literalOf(pattern: Pattern): string | undefined {
  if (pattern.length === 0) return "";
  const [only] = pattern;
  return pattern.length === 1 && only!.kind === "text" ? only!.text : undefined;
}

/** A test for "matches any of these". Literals are looked up in one step. */
export function compilePatterns(
  patterns: readonly Pattern[],
  options: { readonly ignoreCase: boolean },
): (text: string) => boolean {
  const fold = (text: string) => (options.ignoreCase ? text.toLowerCase() : text);
  const literals = new Set<string>();
  const others: Pattern[] = [];
  for (const pattern of patterns) {
    const text = literalOf(pattern);
    if (text !== undefined) literals.add(fold(text));
    else others.push(pattern.map((part) => (part.kind === "text" ? { kind: "text", text: fold(part.text) } : part)));
  }
  if (others.length === 0) {
    if (literals.size !== 1) return (text) => literals.has(fold(text));
    const [only] = literals;
    return (text) => fold(text) === only;
  }
  const matchers = others.map(matcher);
  return (text) => {
    const folded = fold(text);
    return literals.has(folded) || matchers.some((matches) => matches(folded));
  };
}

/** True when the pattern stands for this text, letter by letter. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  return matcher(pattern)(text);
}

// Walks the parts, keeping all the places in the text where the parts so far may end. Places are few: one as long as
// there is no `*`. A `*` is kept as "from here on", not as a list.
function matcher(pattern: Pattern): (text: string) => boolean {
  const first = pattern[0];
  const prefix = first?.kind === "text" ? first.text : "";
  const parts = prefix === "" ? pattern : pattern.slice(1);
  const endsInAny = pattern.at(-1)?.kind === "any";

  return (text) => {
    if (!text.startsWith(prefix)) return false;
    let places: number[] = [prefix.length];
    /** When set, every place from here on counts, and `places` is empty. */
    let onwards: number | undefined;
    for (const part of parts) {
      if (part.kind === "any") {
        onwards = onwards ?? places[0]!;
        places = [];
        continue;
      }
      const next: number[] = [];
      if (onwards === undefined) for (const place of places) advance(part, text, place, next);
      else advanceFrom(part, text, onwards, next);
      if (next.length === 0) return false;
      onwards = undefined;
      places = part.kind === "numbers" && next.length > 1 ? distinct(next) : next;
    }
    if (onwards !== undefined) return endsInAny;
    return places.at(-1) === text.length;
  };
}

function advanceFrom(part: Exclude<PatternPart, { kind: "any" }>, text: string, onwards: number, next: number[]): void {
  if (part.kind === "text") {
    for (let at = text.indexOf(part.text, onwards); at !== -1; at = text.indexOf(part.text, at + 1)) {
      next.push(at + part.text.length);
    }
    return;
  }
  for (let place = onwards; place <= text.length; place++) advance(part, text, place, next);
}

function advance(part: Exclude<PatternPart, { kind: "any" }>, text: string, place: number, next: number[]): void {
  switch (part.kind) {
    case "text":
      if (text.startsWith(part.text, place)) next.push(place + part.text.length);
      return;
    case "one":
      if (place < text.length) next.push(place + 1);
      return;
    case "numbers": {
      let value = 0;
      for (let digits = 1; digits <= MAX_DIGITS; digits++) {
        const digit = text.charCodeAt(place + digits - 1) - 48;
        if (!(digit >= 0 && digit <= 9)) return;
        value = value * 10 + digit;
        if (isInRanges(part.ranges, value, digits)) next.push(place + digits);
      }
    }
  }
}

function isInRanges(ranges: readonly NumberRange[], value: number, digits: number): boolean {
  for (const range of ranges) {
    if (value < range.from || value > range.to) continue;
    const natural = value < 10 ? 1 : String(value).length;
    if (digits === Math.max(natural, range.width)) return true;
  }
  return false;
}

function distinct(places: readonly number[]): number[] {
  return [...new Set(places)].sort((a, b) => a - b);
}
