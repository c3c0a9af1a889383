/** What a host told, as parts. Pure. */
import { splitLive, withoutSecrets, type Live } from "@atalaya/protocol";
import { storable } from "../../platform/store/index.ts";
import { legacyDigestOf } from "./document.ts";
import { partOf, type Part, type Parts } from "./parts.ts";
import type { StatusNews } from "./status.ts";

/** Parts by name of what a host told, on top of what it had. */
export function partsOfNews(news: StatusNews, had: Parts | undefined) {
  const told = "whole" in news ? news.whole : news.patch;
  const parts = new Map<string, Part>("whole" in news ? [] : had);
  let live: Live | undefined;
  for (const [name, value] of Object.entries(told)) {
    if (name === "__proto__" || name === "minions") continue;
    // Whoever answers by a foreign protocol may name a part as no store can keep it: others' news must not fail with it.
    if (name !== storable(name)) continue;
    if (value === undefined || (value === null && "patch" in news)) {
      parts.delete(name);
      continue;
    }
    let kept: unknown = value;
    if (name === "os") {
      const split = splitLive(value);
      kept = split.stable;
      live = split.live;
    }
    const part = partOf(name, withoutSecrets(kept, name));
    const known = had?.get(name);
    parts.set(name, known?.digest === part.digest ? known : part);
  }
  return { parts, live, legacyDigest: "whole" in news ? legacyDigestOf(news.whole) : undefined };
}

/** Digest of each part that is another now; null of those that are no more. */
export function changesBetween(before: Parts, after: Parts): ReadonlyMap<string, string | null> {
  const changed = new Map<string, string | null>();
  if (before === after) return changed;
  for (const [name, { digest }] of after) if (before.get(name)?.digest !== digest) changed.set(name, digest);
  for (const name of before.keys()) if (!after.has(name)) changed.set(name, null);
  return changed;
}
