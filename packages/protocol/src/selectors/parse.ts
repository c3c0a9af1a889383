/**
 * Reads a selector:
 *
 *     selector = and { "or" and }        and  = not { "and" not }
 *     not      = "not" not | "(" selector ")" | term
 *     term     = "all" | "none" | "@" group | field ":" value | name
 *
 * Two terms side by side are refused on purpose: after `pc-01 pc-02` some people expect both hosts (as `clush -w`
 * would do) and others none, and a command must not run on a guess. Hosts are listed with commas: `pc-01,pc-02`.
 */
import { failIn, type Fail } from "./malformed.ts";
import { readPatterns, rest } from "./pattern-text.ts";
import { printSelector } from "./print.ts";
import { allOf, anyOf, MAX_SELECTOR_DEPTH, MAX_SELECTOR_LENGTH, type Selector } from "./selector.ts";
import { readers, readGroup } from "./terms.ts";
import { textOf, type Token, tokensOf } from "./tokens.ts";

/** Throws `selector.malformed` with `MalformedDetails`. */
export function parseSelector(text: string): Selector {
  const fail = failIn(text);
  if (text.length > MAX_SELECTOR_LENGTH) tooLong(fail);
  if (!text.isWellFormed()) fail(0, "the text is not well-formed Unicode", []);
  const tokens = tokensOf(text, fail);
  const cursor = { tokens, at: 0, fail };
  const selector = readOr(cursor, 0);
  const left = tokens[cursor.at]!;
  if (left.kind !== "end") {
    fail(left.position, `${described(left)} stands where the selector could end`, ["`and`", "`or`", "the end"]);
  }
  if (printSelector(selector).length > MAX_SELECTOR_LENGTH) tooLong(fail);
  return selector;
}

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  readonly fail: Fail;
}

function tooLong(fail: Fail): never {
  return fail(MAX_SELECTOR_LENGTH, "the selector goes on", [`at most ${MAX_SELECTOR_LENGTH} characters`]);
}

function takes(cursor: Cursor, keyword: "and" | "or"): boolean {
  const token = cursor.tokens[cursor.at]!;
  if (token.kind !== "keyword" || token.keyword !== keyword) return false;
  cursor.at += 1;
  return true;
}

function readOr(cursor: Cursor, depth: number): Selector {
  const of = [readAnd(cursor, depth)];
  while (takes(cursor, "or")) of.push(readAnd(cursor, depth));
  return anyOf(of);
}

function readAnd(cursor: Cursor, depth: number): Selector {
  const of = [readNot(cursor, depth)];
  while (takes(cursor, "and")) of.push(readNot(cursor, depth));
  return allOf(of);
}

function readNot(cursor: Cursor, depth: number): Selector {
  const token = cursor.tokens[cursor.at]!;
  if (depth > MAX_SELECTOR_DEPTH) {
    cursor.fail(token.position, "the selector is nested too deeply", [`at most ${MAX_SELECTOR_DEPTH} levels`]);
  }
  cursor.at += 1;
  if (token.kind === "word") return readTerm(token, cursor.fail);
  if (token.kind === "(") return readParenthesis(cursor, token.position, depth);
  if (token.kind === "keyword") {
    if (token.keyword === "all" || token.keyword === "none") return { kind: token.keyword };
    if (token.keyword === "not") return { kind: "not", of: readNot(cursor, depth + 1) };
  }
  return cursor.fail(token.position, `${described(token)} stands where a term should`, TERMS);
}

const TERMS = ["a name", "a term such as `lab:aula-1`", "`@group`", "`not`", "`(`", "`all`"];

function readParenthesis(cursor: Cursor, opened: number, depth: number): Selector {
  const selector = readOr(cursor, depth + 1);
  const token = cursor.tokens[cursor.at]!;
  if (token.kind === ")") {
    cursor.at += 1;
    return selector;
  }
  if (token.kind === "end") cursor.fail(opened, "a parenthesis is never closed", ["`)`"]);
  return cursor.fail(token.position, `${described(token)} stands in parentheses`, ["`and`", "`or`", "`)`"]);
}

function readTerm(word: Extract<Token, { kind: "word" }>, fail: Fail): Selector {
  const first = word.glyphs[0]!;
  if (first.char === "@" && !first.quoted) return readGroup(rest(word, 1), fail);
  const colon = word.glyphs.findIndex((glyph) => glyph.quoted || glyph.char === ":");
  if (colon === -1 || word.glyphs[colon]!.quoted) {
    refuseMissingColon(word, fail);
    return { kind: "text", field: "name", patterns: readPatterns(word, "a name", fail) };
  }
  const field = textOf(word.glyphs.slice(0, colon)).toLowerCase();
  if (!Object.hasOwn(readers, field)) fail(word.position, `\`${field}\` is no field`, Object.keys(readers));
  const value = rest(word, colon + 1);
  if (value.glyphs.length === 0)
    fail(value.position, `nothing stands after \`${field}:\``, ["a value, without a blank before it"]);
  return readers[field]!(value, fail);
}

/** `memory>1GiB` would be the name of a host that nobody has. */
function refuseMissingColon({ glyphs }: Extract<Token, { kind: "word" }>, fail: Fail): void {
  const at = glyphs.findIndex(({ char, quoted }) => quoted || "<>=".includes(char));
  if (at < 1 || glyphs[at]!.quoted) return;
  const field = textOf(glyphs.slice(0, at)).toLowerCase();
  if (!Object.hasOwn(readers, field)) return;
  const value = textOf(glyphs.slice(at)).replace(/^=(?!>)/, "");
  fail(glyphs[at]!.position, `a colon is missing after \`${field}\``, [`\`${field}:${value}\``]);
}

function described(token: Token): string {
  switch (token.kind) {
    case "end":
      return "the end";
    case "keyword":
      return `\`${token.keyword}\``;
    case "word": {
      const text = textOf(token.glyphs);
      return `\`${text.length > 40 ? `${text.slice(0, 40)}…` : text}\``;
    }
    default:
      return `\`${token.kind}\``;
  }
}
