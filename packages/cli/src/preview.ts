/** `run --preview`: whom a selector hits now, and what is different since it was used last. */
import { foldHosts, type Client } from "@atalaya/client";
import type { Session } from "./session.ts";
import { countsOf } from "./ui/progress.ts";
import { printable } from "./ui/terminal.ts";
import { ago } from "./ui/time.ts";

export async function preview(client: Client, session: Session, selector: string, json: boolean): Promise<void> {
  const { out } = session.terminal;
  const seen = await client.post("/api/v1/selectors/preview", { body: { selector } });
  if (json) return out.write(`${JSON.stringify(seen)}\n`);
  const hit = seen.count === 0 ? "" : ` (${countsOf(seen.states, out.paint)}): ${printable(seen.folded)}`;
  await out.write(`${seen.count} ${seen.count === 1 ? "host" : "hosts"}${hit}\n`);
  const { difference } = seen;
  if (difference === undefined) return;
  const since = `since this selector was last used (${ago(difference.since, session.now())})`;
  const { added, removed } = difference;
  if (added.length > 0) await out.write(`new ${since}: ${printable(foldHosts(added))}\n`);
  if (removed.length > 0) await out.write(`gone ${since}: ${printable(foldHosts(removed))}\n`);
}
