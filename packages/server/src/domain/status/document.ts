/** One host's status as a document: its bytes, and the digests that stand for it. Pure. */
import { createHash } from "node:crypto";
import { joinLive, statusNames, type Live } from "@atalaya/protocol";
import { valueOf, type Part, type Parts } from "./parts.ts";

export interface Document {
  /** As it is shown: of the host, or what a foreign agent calls itself. */
  readonly id: string;
  readonly parts: Parts;
}

const COMMA = Buffer.from(",");
const OS = "os";
const ID = "id";
const RANKS: ReadonlyMap<string, number> = new Map(
  ["instance", "activated", "running", "env", "stormagent", "stormbolt"]
    .concat(statusNames.filter((name) => name !== "instance"))
    .filter((name, n, all) => all.indexOf(name) === n)
    .map((name, n) => [name, n]),
);

const md5 = (): ReturnType<typeof createHash> => createHash("md5");

/**
 * MD5 of the canonical JSON of the whole document without what is live, in lower-case hex. Whoever was shown the
 * document can count it again: take away `os.uptime`, `os.loadavg`, `os.freemem`, and `speed` and `times` of each CPU.
 */
export function digestOf({ id, parts }: Document): string {
  const hash = md5().update("{");
  const members = [...parts.values()].filter(({ name }) => name !== ID).map(({ name, member }) => ({ name, member }));
  members.push({ name: ID, member: idMember({ id, parts }) });
  members.sort((a, b) => (a.name < b.name ? -1 : 1));
  members.forEach(({ member }, n) => hash.update(n === 0 ? "" : ",").update(member));
  return hash.update("}").digest("hex");
}

/** As the original counts it: the keys in reverse, without `os`, compact. `text` of each value is as it was told. */
export function legacyDigestOf(told: Readonly<Record<string, unknown>>): string {
  const kept = Object.entries(told).filter(([name]) => name !== OS);
  return md5()
    .update(JSON.stringify(Object.fromEntries(kept.toReversed())))
    .digest("hex");
}

/** The same of a document that is known only as it is shown: of our own agents. */
export function legacyDigestOfShown(document: Document): string {
  const members = [idMember(document), ...shownParts(document.parts).map(({ member }) => member)];
  const names = [ID, ...shownParts(document.parts).map(({ name }) => name)];
  const text = members.filter((_, n) => names[n] !== OS).toReversed();
  return md5()
    .update("{")
    .update(Buffer.concat(between(text)))
    .update("}")
    .digest("hex");
}

/** The members in the order of the original: known ones by rank, others by name. */
export function shownParts(parts: Parts): readonly Part[] {
  const rank = ({ name }: Part): number => RANKS.get(name) ?? RANKS.size;
  return [...parts.values()]
    .filter(({ name }) => name !== ID)
    .sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

/** How JSON is spaced: without blanks, or as the original does it, in a list of documents. */
export type Spacing = "compact" | "listed";

/** Pieces of the JSON, with what is live in it; `more` are members that come at the end. */
export function piecesOf(
  document: Document,
  live: Live | undefined,
  more: Readonly<Record<string, unknown>> = {},
  spacing: Spacing = "compact",
): readonly Buffer[] {
  const own = document.parts.get(ID);
  const id = own === undefined ? document.id : (valueOf(own) ?? document.id);
  const members = shownParts(document.parts).map((part) =>
    part.name === OS && live !== undefined
      ? memberOf(OS, joinLive(valueOf(part), live), spacing)
      : spacing === "compact"
        ? part.member
        : spaced(part),
  );
  const others = Object.entries(more).map(([name, value]) => memberOf(name, value, spacing));
  const marks = MARKS[spacing];
  return [marks.open, ...between([memberOf(ID, id, spacing), ...members, ...others], marks.comma), marks.close];
}

const MARKS = {
  compact: { open: Buffer.from("{"), comma: COMMA, close: Buffer.from("}") },
  listed: { open: Buffer.from("  {\n"), comma: Buffer.from(",\n"), close: Buffer.from("\n  }") },
} as const;

function memberOf(name: string, value: unknown, spacing: Spacing): Buffer {
  if (spacing === "compact") return Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return Buffer.from(`    ${JSON.stringify(name)}: ${JSON.stringify(value, null, 2).replaceAll("\n", "\n    ")}`);
}

/** Kept with the part: most are shown again and again. */
function spaced(part: Part): Buffer {
  return (part.spaced ??= memberOf(part.name, valueOf(part), "listed"));
}

/** Of a document that nobody has asked for since. */
export function forgetSpaced({ parts }: Pick<Document, "parts">): void {
  for (const part of parts.values()) delete part.spaced;
}

/** As a value, for those who show only some of it. */
export function valueOfDocument({ id, parts }: Document, live: Live | undefined): Readonly<Record<string, unknown>> {
  const members = shownParts(parts).map((part): [string, unknown] => [
    part.name,
    part.name === OS && live !== undefined ? joinLive(valueOf(part), live) : valueOf(part),
  ]);
  const own = parts.get(ID);
  return Object.fromEntries([[ID, own === undefined ? id : (valueOf(own) ?? id)], ...members]);
}

function idMember({ id, parts }: Document): Buffer {
  const own = parts.get(ID);
  // An agent whose credentials were preinstalled says null: then it has the name it is known by.
  return own !== undefined && !own.member.equals(NO_ID) ? own.member : Buffer.from(`"id":${JSON.stringify(id)}`);
}
const NO_ID = Buffer.from('"id":null');

function between(members: readonly Buffer[], comma = COMMA): readonly Buffer[] {
  return members.flatMap((member, n) => (n === 0 ? [member] : [comma, member]));
}
