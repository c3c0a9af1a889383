/** What statuses were: the changes of a host, its document at a revision, and what differs between two. */
import { AtalayaError } from "@atalaya/protocol";
import type { HostKey } from "../fleet/index.ts";
import { differencesOf } from "./difference.ts";
import { valueOfDocument } from "./document.ts";
import { partOfText } from "./parts.ts";
import type { PastRows } from "./past.store.ts";
import type { HistoryEntry, StatusRoom } from "./status.ts";
import type { ChangeRow } from "./tables.store.ts";

const MOST_DIFFERENCES = 1_000;

/** `idOf`: how a host is shown now; its documents of old are shown so, too. */
export function pastOf(
  rows: PastRows,
  idOf: (host: HostKey) => string | undefined,
): Pick<StatusRoom, "history" | "at" | "diff"> {
  const at: StatusRoom["at"] = async (host, revision) => {
    const change = await rows.changeAt(host, revision);
    if (change === undefined)
      throw new AtalayaError("status.no-revision", `Nothing is known of the status at revision ${revision}.`, {
        next: "`atalaya status HOST --history` lists the revisions there are.",
      });
    const bodies = await rows.at(host, change.revision);
    const parts = new Map([...bodies].map(([name, body]) => [name, partOfText(name, body)]));
    return { entry: historyEntry(change), document: { id: idOf(host) ?? "", parts } };
  };

  return {
    at,
    history: async (host, page) => (await rows.history(host, page)).map(historyEntry),
    async diff(host, from, to) {
      const [one, other] = await Promise.all([at(host, from), at(host, to)]);
      const found = differencesOf(
        valueOfDocument(one.document, undefined),
        valueOfDocument(other.document, undefined),
        MOST_DIFFERENCES + 1,
      );
      return {
        from: one.entry,
        to: other.entry,
        differences: found.slice(0, MOST_DIFFERENCES),
        truncated: found.length > MOST_DIFFERENCES,
      };
    },
  };
}

function historyEntry({ revision, at, source, digest, names }: ChangeRow): HistoryEntry {
  return { revision, at, source, digest, parts: JSON.parse(names) as string[] };
}
