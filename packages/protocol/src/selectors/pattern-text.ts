import type { Fail } from "./malformed.ts";
import { MAX_DIGITS, type NumberRange, type Pattern, type PatternPart } from "./pattern.ts";
import type { Glyph } from "./tokens.ts";

/** Part of a word that is read for itself: a value after `name:`, a level of a place. */
export interface Span {
  readonly glyphs: readonly Glyph[];
  /** Where it begins and ends in the text, for errors; the two are equal when it is empty. */
  readonly position: number;
  readonly end: number;
}

/** The rest of a span after some glyphs. */
export function rest(span: Span, skip: number): Span {
  return { glyphs: span.glyphs.slice(skip), position: span.glyphs[skip]?.position ?? span.end, end: span.end };
}

/** A list of patterns, parted by commas outside of brackets. `what` names one of them in errors. */
export function readPatterns(span: Span, what: string, fail: Fail): readonly Pattern[] {
  return splitAt(span, ",").map((item) => readPattern(item, what, fail));
}

/** Parts a span at an unquoted character that stands outside of brackets. */
export function splitAt(span: Span, separator: string, alsoQuoted = false): readonly Span[] {
  const spans: Span[] = [];
  let glyphs: Glyph[] = [];
  let position = span.position;
  let inBrackets = false;
  for (const glyph of span.glyphs) {
    if (!glyph.quoted && glyph.char === "[") inBrackets = true;
    if (!glyph.quoted && glyph.char === "]") inBrackets = false;
    if (glyph.char === separator && !inBrackets && (alsoQuoted || !glyph.quoted)) {
      spans.push({ glyphs, position, end: glyph.position });
      glyphs = [];
      position = glyph.position + 1;
    } else {
      glyphs.push(glyph);
    }
  }
  spans.push({ glyphs, position, end: span.end });
  return spans;
}

const REFUSED_RAW: Readonly<Record<string, string>> = {
  "]": "a bracket is closed that was never opened",
  "<": "a comparison stands where text is compared",
  ">": "a comparison stands where text is compared",
  "=": "an equals sign stands where text is compared",
};

export function readPattern(span: Span, what: string, fail: Fail): Pattern {
  const { glyphs } = span;
  if (glyphs.length === 0) fail(span.position, `${what} is missing`, [what]);
  const parts: PatternPart[] = [];
  let text = "";
  const endText = () => {
    if (text !== "") parts.push({ kind: "text", text });
    text = "";
  };
  for (let i = 0; i < glyphs.length; i++) {
    const { char, quoted, position } = glyphs[i]!;
    if (quoted) {
      text += char;
    } else if (char === "*" || char === "?") {
      endText();
      if (char === "?") parts.push({ kind: "one" });
      else if (parts.at(-1)?.kind !== "any") parts.push({ kind: "any" });
    } else if (char === "[") {
      endText();
      const close = glyphs.findIndex((glyph, at) => at > i && !glyph.quoted && glyph.char === "]");
      if (close === -1) fail(position, "a bracket is never closed", ["`]`"]);
      const inside = glyphs.slice(i + 1, close);
      parts.push({ kind: "numbers", ranges: readRanges(inside, position + 1, glyphs[close]!.position, fail) });
      i = close;
    } else if (REFUSED_RAW[char] !== undefined) {
      fail(position, REFUSED_RAW[char], [what, "quotation marks around it"]);
    } else {
      text += char;
    }
  }
  endText();
  return parts;
}

function readRanges(glyphs: readonly Glyph[], position: number, end: number, fail: Fail): readonly NumberRange[] {
  const quoted = glyphs.find((glyph) => glyph.quoted);
  if (quoted !== undefined) fail(quoted.position, "a quotation stands in brackets", ["a number"]);
  return splitAt({ glyphs, position, end }, ",").map((item) => readRange(item, fail));
}

function readRange(span: Span, fail: Fail): NumberRange {
  const [first, second, third] = splitAt(span, "-");
  if (third !== undefined) fail(third.position - 1, "a range has two ends", ["`,`", "`]`"]);
  const from = readNumber(first!, fail);
  const width = from.digits.length > 1 && from.digits.startsWith("0") ? from.digits.length : 1;
  if (second === undefined) return { from: from.value, to: from.value, width };
  const to = readNumber(second, fail);
  if (to.digits.length < from.digits.length || (to.digits.startsWith("0") && to.digits.length !== from.digits.length)) {
    const example = String(to.value).padStart(from.digits.length, "0");
    fail(second.position, `\`${to.digits}\` is not written with as many digits as \`${from.digits}\``, [
      `\`${example}\``,
    ]);
  }
  if (to.value < from.value) fail(second.position, "the range runs backwards", [`a number from \`${from.digits}\` on`]);
  return { from: from.value, to: to.value, width };
}

function readNumber(span: Span, fail: Fail): { readonly digits: string; readonly value: number } {
  let digits = "";
  for (const { char, position } of span.glyphs) {
    if (char < "0" || char > "9") fail(position, `\`${char}\` is no digit`, ["a number such as `7`, `07` or `01-40`"]);
    digits += char;
  }
  if (digits === "") fail(span.position, "a number is missing", ["a number such as `7`, `07` or `01-40`"]);
  if (digits.length > MAX_DIGITS) fail(span.position, "the number is too long", [`at most ${MAX_DIGITS} digits`]);
  return { digits, value: Number(digits) };
}

const PLAIN = /^[\p{L}\p{N}._+~%@:/-]+$/u;

/** Writes text so that it is read back as this text and nothing else. */
export function printText(text: string): string {
  return PLAIN.test(text) ? text : `"${text.replace(/["\\]/g, "\\$&")}"`;
}

export function printPattern(pattern: Pattern): string {
  return pattern.length === 0 ? '""' : pattern.map(printPart).join("");
}

export function printPatterns(patterns: readonly Pattern[]): string {
  return patterns.map(printPattern).join(",");
}

function printPart(part: PatternPart): string {
  switch (part.kind) {
    case "text":
      return printText(part.text);
    case "any":
      return "*";
    case "one":
      return "?";
    case "numbers":
      return `[${part.ranges.map(printRange).join(",")}]`;
  }
}

function printRange({ from, to, width }: NumberRange): string {
  const digits = (value: number) => String(value).padStart(width, "0");
  return from === to ? digits(from) : `${digits(from)}-${digits(to)}`;
}
