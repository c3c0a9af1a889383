/** Hosts as the API shows them. */
import { z } from "zod";
import { Facts } from "@atalaya/protocol";
import { hostStates } from "@atalaya/protocol/selectors";
import { Timestamp } from "../../api/schemas.ts";
import type { DirectoryHost } from "./fleet.ts";
import { historyEvents } from "./presence.ts";

const System = z.object({ kind: z.enum(["live", "os"]), name: z.string() });

export const Host = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(hostStates),
    place: z.string().nullable().describe("Levels parted by slashes, outermost first."),
    labels: z.record(z.string(), z.string()),
    os: z.object({ id: z.string(), version: z.string().optional(), name: z.string().optional() }).optional(),
    kernel: z.string().optional(),
    arch: z.string().optional(),
    agentVersion: z.string().optional(),
    lastSeenAt: Timestamp.optional().describe("Epoch milliseconds; of an online host: now."),
    offlineReason: z.string().optional(),
    via: z
      .array(z.string())
      .optional()
      .describe("Hosts whose agents carry its link to the server, by their names, the nearest to it first."),
    addresses: z.array(z.string()),
    system: System.optional().describe("The system that is, or was last, online."),
    capabilities: z.array(z.string()),
    doors: z
      .array(
        z.object({
          kind: z.string().describe("`agent`, or the foreign protocol."),
          name: z.string().describe("What the host is called there; of our agent: its enrolment."),
          state: z.enum(["online", "offline"]),
          address: z.string().optional(),
          via: z.string().optional().describe("The foreign server it is reached through."),
          lastSeenAt: Timestamp.optional(),
          offlineReason: z.string().optional(),
        }),
      )
      .describe("By which doors it is reached."),
    revision: z.int(),
  })
  .meta({ id: "Host", description: "A machine." });
export type Host = z.output<typeof Host>;

export const HostDetail = Host.extend({
  facts: Facts,
  systems: z.array(
    System.extend({ enrolment: z.string().optional(), state: z.enum(["online", "offline", "detached"]) }),
  ),
  proposals: z
    .array(z.object({ id: z.string(), name: z.string(), reason: z.string(), at: Timestamp }))
    .describe("Hosts that may be this one: to be merged by a person."),
}).meta({ id: "HostDetail", description: "A machine with all that is known of it." });
export type HostDetail = z.output<typeof HostDetail>;

export const HistoryItem = z
  .object({
    at: Timestamp,
    event: z.enum(historyEvents),
    reason: z.string().optional(),
    address: z.string().optional(),
    agentVersion: z.string().optional(),
    epoch: z.int().optional(),
    system: z.string().optional(),
    actor: z.string().optional(),
    from: z.string().optional(),
    to: z.string().optional(),
  })
  .meta({ id: "HostHistoryItem", description: "What happened to a host." });

export const Place = z
  .object({
    path: z.string(),
    hosts: z.int().describe("At or below it."),
    online: z.int(),
  })
  .meta({ id: "Place", description: "A node of the tree site → lab." });
export type Place = z.output<typeof Place>;

export const Group = z
  .object({
    name: z.string(),
    selector: z.string(),
    description: z.string().optional(),
    changedAt: Timestamp,
    changedBy: z.string(),
  })
  .meta({ id: "Group", description: "A saved selector." });

export const Preview = z
  .object({
    selector: z.string().describe("As it was read, in canonical form."),
    count: z.int(),
    states: z.partialRecord(z.enum(hostStates), z.int()),
    hosts: z.array(
      z.object({ id: z.string(), name: z.string(), state: z.enum(hostStates), place: z.string().nullable() }),
    ),
    folded: z.string().describe("All names as one host set, as in `pc-[01-40]`."),
    difference: z
      .object({ since: Timestamp, added: z.array(z.string()), removed: z.array(z.string()) })
      .optional()
      .describe("To the last time this actor used this selector."),
  })
  .meta({ id: "SelectorPreview", description: "What a selector hits now." });
export type Preview = z.output<typeof Preview>;

export function placeText(place: readonly string[]): string | null {
  return place.length === 0 ? null : place.join("/");
}

export function hostView(host: DirectoryHost, now: number): Host {
  const { facts, system } = host;
  const lastSeenAt = host.state === "online" ? now : host.lastSeenAt;
  return {
    id: host.id,
    name: host.name,
    state: host.state,
    place: placeText(host.place),
    labels: host.labels,
    ...(facts.os === undefined
      ? {}
      : { os: { id: facts.os.id, ...defined({ version: facts.os.version, name: facts.os.name }) } }),
    ...defined({
      kernel: facts.kernel?.release,
      arch: facts.kernel?.arch,
      agentVersion: host.agentVersion,
      lastSeenAt,
      offlineReason: host.offlineReason,
    }),
    ...(host.via === undefined ? {} : { via: host.via() }),
    addresses: [...host.addresses],
    ...(system === undefined ? {} : { system: { kind: system.kind, name: system.name } }),
    capabilities: [...host.capabilities],
    doors: doorViews(host, now),
    revision: host.revision,
  };
}

function doorViews({ agent, doors }: DirectoryHost, now: number): Host["doors"] {
  return [...(agent === undefined ? [] : [{ kind: "agent", ...agent }]), ...doors].map(
    ({ online, lastSeenAt, ...door }) => ({
      ...defined(door),
      kind: door.kind,
      name: door.name,
      state: online ? ("online" as const) : ("offline" as const),
      ...defined({ lastSeenAt: online ? now : lastSeenAt }),
    }),
  );
}

/** Without what is undefined: with exact optional properties the two are not the same. */
export function defined<T extends object>(object: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    readonly [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
