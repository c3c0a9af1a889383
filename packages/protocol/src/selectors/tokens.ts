/**
 * Words, parentheses, quotes. A word runs to the next blank or parenthesis; quoted parts of it are taken literally.
 * Raw characters keep their meaning for whoever reads the word (`*`, `?`, `[`, `,`, `:` and so on).
 */
import type { Fail } from "./malformed.ts";

export interface Glyph {
  /** One UTF-16 unit; empty for the mark that a quotation begins, so that `""` is not nothing. */
  readonly char: string;
  readonly position: number;
  readonly quoted: boolean;
}

const keywords = ["and", "or", "not", "all", "none"] as const;
export type Keyword = (typeof keywords)[number];

export type Token =
  | { readonly kind: "(" | ")" | "end"; readonly position: number }
  | { readonly kind: "keyword"; readonly keyword: Keyword; readonly position: number }
  | { readonly kind: "word"; readonly glyphs: readonly Glyph[]; readonly position: number; readonly end: number };

const BLANK = /\s/;
const CONTROL = /\p{Cc}/u;

export function tokensOf(text: string, fail: Fail): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    if (BLANK.test(char)) {
      at += 1;
    } else if (char === "(" || char === ")") {
      tokens.push({ kind: char, position: at });
      at += 1;
    } else {
      const glyphs = wordAt(text, at, fail);
      const end = glyphs.end;
      tokens.push(keywordOr({ kind: "word", glyphs: glyphs.glyphs, position: at, end }));
      at = end;
    }
  }
  tokens.push({ kind: "end", position: text.length });
  return tokens;
}

function keywordOr(word: Extract<Token, { kind: "word" }>): Token {
  if (word.glyphs.length > 4 || word.glyphs.some((glyph) => glyph.quoted)) return word;
  const text = textOf(word.glyphs).toLowerCase();
  const keyword = keywords.find((each) => each === text);
  return keyword === undefined ? word : { kind: "keyword", keyword, position: word.position };
}

/** The characters as they stand, quotation marks gone. */
export function textOf(glyphs: readonly Glyph[]): string {
  let text = "";
  for (const glyph of glyphs) text += glyph.char;
  return text;
}

function wordAt(text: string, start: number, fail: Fail): { readonly glyphs: readonly Glyph[]; readonly end: number } {
  const glyphs: Glyph[] = [];
  let at = start;
  while (at < text.length) {
    const char = text[at]!;
    if (BLANK.test(char) || char === "(" || char === ")") break;
    if (char === '"' || char === "'") {
      at = quotationAt(text, at, glyphs, fail);
      continue;
    }
    if (CONTROL.test(char)) fail(at, "a control character stands", []);
    if (char === "\\") fail(at, "a backslash has no meaning outside of quotation marks", ["quotation marks around it"]);
    if (char === "&" || char === "|" || char === "!") {
      fail(at, `\`${char}\` has no meaning here`, ["`and`", "`or`", "`not`", "quotation marks around it"]);
    }
    glyphs.push({ char, position: at, quoted: false });
    at += 1;
  }
  return { glyphs, end: at };
}

function quotationAt(text: string, start: number, glyphs: Glyph[], fail: Fail): number {
  const mark = text[start]!;
  glyphs.push({ char: "", position: start, quoted: true });
  let at = start + 1;
  while (at < text.length) {
    const char = text[at]!;
    if (char === mark) return at + 1;
    if (CONTROL.test(char)) fail(at, "a control character stands in a quotation", [`\`${mark}\``]);
    if (char === "\\") {
      const next = text[at + 1];
      if (next !== '"' && next !== "'" && next !== "\\") {
        fail(at + 1, "a backslash escapes nothing", ['`"`', "`'`", "`\\`"]);
      }
      glyphs.push({ char: next, position: at, quoted: true });
      at += 2;
    } else {
      glyphs.push({ char, position: at, quoted: true });
      at += 1;
    }
  }
  return fail(start, "a quotation is never closed", [`\`${mark}\``]);
}
