/** What could be written next in a selector. Only words: whether the whole makes sense the reader of selectors says. */
export interface KnownWords {
  readonly places: readonly string[];
  readonly groups: readonly string[];
  /** `key` and `key=value`. */
  readonly labels: readonly string[];
  readonly systems: readonly string[];
}

export interface Suggestions {
  /** Where the word begins that a suggestion replaces; it ends at the cursor. */
  readonly from: number;
  readonly words: readonly string[];
}

const fields = [
  "name:",
  "place:",
  "site:",
  "lab:",
  "label:",
  "state:",
  "os:",
  "version:",
  "kernel:",
  "arch:",
  "cpu:",
  "memory:",
  "disk:",
  "ip:",
  "mac:",
  "agent:",
  "capability:",
  "seen:",
  "virt:",
  "vendor:",
  "product:",
  "serial:",
];
const states = ["online", "offline", "quarantined", "pending"];
const MAX = 12;

export function suggest(text: string, cursor: number, known: KnownWords): Suggestions {
  const before = text.slice(0, cursor);
  const word = /[^\s()]*$/.exec(before)![0];
  const from = cursor - word.length;
  const left = before.slice(0, from).trimEnd();
  const isAfterTerm = left !== "" && !/(^|[\s(])(and|or|not)$|\($/i.test(left);
  if (isAfterTerm) return { from, words: starting(["and", "or"], word) };
  const colon = word.indexOf(":");
  if (colon < 0) {
    const groups = known.groups.map((group) => `@${group}`);
    return { from, words: starting(["all", "not", ...fields, ...groups], word) };
  }
  const comma = Math.max(colon, word.lastIndexOf(","));
  const values = valuesOf(word.slice(0, colon), known);
  return { from: from + comma + 1, words: starting(values, word.slice(comma + 1)) };
}

function valuesOf(field: string, { places, labels, systems }: KnownWords): readonly string[] {
  if (field === "state") return states;
  if (field === "place") return places.map(quoted);
  if (field === "site") return distinct(places.map((place) => quoted(place.split("/")[0]!)));
  if (field === "lab")
    return distinct(places.filter((place) => place.includes("/")).map((place) => quoted(place.split("/").at(-1)!)));
  if (field === "label") return labels.map(quoted);
  if (field === "os") return systems;
  return [];
}

/** A name with spaces or signs of the language stands in quotation marks. */
function quoted(value: string): string {
  return /^[\p{L}\p{N}_./=-]+$/u.test(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

function starting(words: readonly string[], beginning: string): readonly string[] {
  const wanted = beginning.toLowerCase();
  return words.filter((word) => word.toLowerCase().startsWith(wanted) && word.toLowerCase() !== wanted).slice(0, MAX);
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}
