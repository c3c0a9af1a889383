import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { isInReach } from "../../api/places.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import { eventKinds, type StatusEntry, type StatusEvent, type StatusRoom } from "./status.ts";

const Digest = z.string().describe("MD5 in lower-case hex, as `HEAD /minions` tells it.");
const Source = z.enum(["agent", "bolt"]).describe("By which door it was told.");
const HostName = z.object({ id: z.string(), name: z.string() });

export const DigestView = z
  .object({
    host: HostName,
    id: z.string().describe("As it stands in the list of minions."),
    listed: z.boolean().describe("Whether it is online and has confirmed its status since."),
    digest: Digest,
    source: Source,
    changedAt: Timestamp,
    revision: z.int(),
  })
  .meta({ id: "StatusDigest", description: "What a host's status comes to." });
export type DigestView = z.output<typeof DigestView>;

export const StatusView = DigestView.extend({
  status: z.record(z.string(), z.unknown()).describe("The document, with what is live."),
}).meta({ id: "HostStatus", description: "What a host is and holds." });

export const HistoryView = z
  .object({ revision: z.int(), at: Timestamp, source: Source, digest: Digest, parts: z.array(z.string()) })
  .meta({ id: "StatusChange", description: "One change of a status: the parts that are others since." });

export const RevisionView = HistoryView.extend({ status: z.record(z.string(), z.unknown()) }).meta({
  id: "StatusRevision",
  description: "A status as it was.",
});

export const DiffView = z
  .object({
    from: HistoryView,
    to: HistoryView,
    differences: z.array(
      z.object({
        path: z.string().describe("Keys parted by `/`; things in lists by their name or id."),
        kind: z.enum(["added", "removed", "changed"]),
        before: z.unknown().optional(),
        after: z.unknown().optional(),
      }),
    ),
    truncated: z.boolean().describe("There are more differences than these."),
  })
  .meta({ id: "StatusDiff", description: "What differs between two revisions of a status." });

export const EventView = z.object({
  type: z.enum(eventKinds).exclude(["moved"]),
  host: HostName,
  id: z.string(),
  at: Timestamp,
  revision: z.int(),
  digest: z.string().optional(),
  parts: z.array(z.string()).optional(),
});
export type EventView = z.output<typeof EventView>;

export function digestView(entry: StatusEntry, { id, name }: Pick<DirectoryHost, "id" | "name">): DigestView {
  return {
    host: { id, name },
    id: entry.id,
    listed: entry.state === "listed",
    digest: entry.digest,
    source: entry.source,
    changedAt: entry.changedAt,
    revision: entry.revision,
  };
}

export function eventView(
  { id, name, at, revision, digest, names }: StatusEvent,
  type: EventView["type"],
  host: string,
): EventView {
  return {
    type,
    host: { id: host, name },
    id,
    at,
    revision,
    ...(digest === undefined || type === "removed" ? {} : { digest }),
    ...(names === undefined ? {} : { parts: [...names] }),
  };
}

/** By id, name, or the id that is shown. Unknown and out of reach answer alike. */
export async function statusOf(
  { fleet, status }: { readonly fleet: Pick<Fleet, "host" | "byKey">; readonly status: StatusRoom },
  named: string,
  actor: Pick<Actor, "places">,
): Promise<{ readonly host: DirectoryHost; readonly entry: StatusEntry }> {
  const shown = status.byShownId(named);
  const host = (shown === undefined ? undefined : fleet.byKey(shown.host)) ?? (await fleet.host(named));
  if (!isInReach(actor, host.place.length === 0 ? undefined : host.place.join("/")))
    throw new AtalayaError("host.unknown", `There is no host ${JSON.stringify(named.slice(0, 300))}.`);
  const entry = status.get(host.key);
  if (entry === undefined) {
    throw new AtalayaError("status.unknown", `${host.name} has told no status yet.`, {
      next: "Its agent tells it when it is connected; see `atalaya host show`.",
    });
  }
  return { host, entry };
}
