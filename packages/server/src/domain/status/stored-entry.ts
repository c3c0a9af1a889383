import { digestOf, legacyDigestOfShown } from "./document.ts";
import { partOfText, type Part } from "./parts.ts";
import type { StatusEntry } from "./status.ts";
import type { StoredStatus } from "./loading.store.ts";

/** What was known of a host when the last server ended. It is absent until it comes back and confirms it. */
export function entryOfStored(
  { parts, ...row }: StoredStatus,
  bodies: ReadonlyMap<string, string>,
  one: (part: Part) => Part,
): StatusEntry {
  const document = {
    id: row.id,
    parts: new Map([...parts].map(([name, digest]) => [name, one(partOfText(name, bodies.get(digest)!))])),
  };
  return {
    ...document,
    host: row.host,
    source: row.source,
    position: row.position,
    digest: digestOf(document),
    legacyDigest: row.legacy_digest ?? legacyDigestOfShown(document),
    changedAt: row.changed_at,
    revision: row.revision,
    state: "absent",
    place: row.place ?? undefined,
    live: undefined,
    beats: 0,
  };
}
