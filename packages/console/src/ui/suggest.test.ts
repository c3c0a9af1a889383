import { parseSelector } from "@atalaya/client/browser";
import { expect, test } from "vitest";
import { suggest, type KnownWords } from "./suggest.ts";

const known: KnownWords = {
  places: ["norte", "norte/aula-1", "Campus Sur/Aula 2"],
  groups: ["webs"],
  labels: ["role", "role=web"],
  systems: ["debian"],
};
const at = (text: string) => suggest(text, text.length, known);

test("a word's beginning is completed where it stands", () => {
  expect(at("state:online and lab:au")).toEqual({ from: 21, words: ["aula-1"] });
  expect(at("pla")).toEqual({ from: 0, words: ["place:"] });
  expect(at("not @w").words).toEqual(["@webs"]);
  expect(at("state:online,off")).toEqual({ from: 13, words: ["offline"] });
});

test("after a term comes and, or or", () => {
  expect(at("state:online ").words).toEqual(["and", "or"]);
  expect(at("state:online and ").words).toContain("not");
  expect(at("(state:online) ").words).toEqual(["and", "or"]);
});

test("what is suggested can be read", () => {
  for (const field of ["place:", "lab:", "label:", "os:", "state:", "site:"])
    for (const word of at(field).words) expect(() => parseSelector(field + word)).not.toThrow();
});
