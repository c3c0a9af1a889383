/** What one deployment did to this account's files: enough to undo it. Written before the first file is touched. */
import { z } from "zod";

const Path = z.string().min(1).max(8192);

/** What stood there. `kept` names a copy in the deployment's own folder. */
export const Before = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("absent") }),
  z.object({
    kind: z.literal("file"),
    kept: z.string().regex(/^\d+$/),
    size: z.int(),
    mode: z.int(),
    uid: z.int(),
    gid: z.int(),
  }),
  z.object({ kind: z.literal("link"), target: Path }),
]);
export type Before = z.output<typeof Before>;

/** What the deployment put there. */
export const After = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("absent") }),
  z.object({ kind: z.literal("file"), sha256: z.string(), size: z.int(), mode: z.int() }),
  z.object({ kind: z.literal("link"), target: Path }),
]);
export type After = z.output<typeof After>;

export const Entry = z.object({
  /** Absolute folder, links resolved. */
  root: Path,
  /** Below it. */
  path: Path,
  before: Before,
  after: After,
});
export type Entry = z.output<typeof Entry>;

export const Journal = z.object({
  version: z.literal(1),
  entries: z.array(Entry),
  /** Made by it: absolute, outermost first. */
  folders: z.array(Path),
});
export type Journal = z.output<typeof Journal>;

export const emptyJournal: Journal = { version: 1, entries: [], folders: [] };

/** Both in one: of a file that both touched, what stood there first is what a rollback puts back. */
export function merge(earlier: Journal, later: Journal): Journal {
  const known = new Map(earlier.entries.map((entry) => [keyOf(entry), entry]));
  for (const entry of later.entries) {
    const first = known.get(keyOf(entry));
    known.set(keyOf(entry), first === undefined ? entry : { ...entry, before: first.before });
  }
  return {
    version: 1,
    entries: [...known.values()],
    folders: [...new Set([...earlier.folders, ...later.folders])],
  };
}

function keyOf({ root, path }: Entry): string {
  return `${root}/${path}`;
}
