import { expect, test } from "vitest";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { failuresInEnglish } from "./failures-en.ts";
import { failuresInSpanish } from "./failures-es.ts";

type Tree = { readonly [key: string]: string | Tree };

function leaves(tree: Tree, path = ""): readonly (readonly [key: string, words: string])[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as const] : leaves(value, `${path}${key}.`),
  );
}

const english = new Map(leaves(en));
const spanish = new Map(leaves(es));

test("both languages have the same keys, and none is empty", () => {
  expect([...spanish.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  for (const [key, words] of [...english, ...spanish]) expect(words.trim(), key).not.toBe("");
});

test("what is filled in is the same in both", () => {
  const holes = (words: string) =>
    [...words.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name!).toSorted((a, b) => a.localeCompare(b));
  for (const [key, words] of english) expect(holes(spanish.get(key)!), key).toEqual(holes(words));
});

test("every failure has a title in both languages", () => {
  expect(Object.keys(failuresInSpanish)).toEqual(Object.keys(failuresInEnglish));
  for (const [code, title] of Object.entries(failuresInSpanish)) {
    expect(title.trim(), code).not.toBe("");
    expect(title, code).not.toBe(failuresInEnglish[code as keyof typeof failuresInEnglish]);
  }
});
