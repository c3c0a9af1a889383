/** A seen machine beside what we know: the host it is, or the enrolment that waits for it. */
import { z } from "zod";
import { Timestamp } from "../../api/schemas.ts";
import type { Actor } from "../../api/actor.ts";
import { isInReach } from "../../api/places.ts";
import type { FleetRoom } from "../fleet/index.ts";
import type { EnrolmentRoom } from "../enrolment/index.ts";
import type { Discovery } from "./discovery.ts";

export const Discovered = z
  .object({
    id: z.string(),
    address: z.string(),
    name: z.string().optional().describe("As the machine calls itself: not proven."),
    doors: z.array(z.enum(["marcopolo", "dns-sd"])).describe("By which protocols it was seen."),
    services: z.array(
      z.object({
        id: z.string(),
        params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      }),
    ),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    goneAt: Timestamp.optional().describe("Since when it has not been seen any more."),
    host: z.object({ id: z.string(), name: z.string() }).optional().describe("The host that has this address."),
    enrolment: z.string().optional().describe("The enrolment of this address that waits to be accepted."),
    revision: z.int(),
  })
  .meta({ id: "Discovered", description: "A machine that was seen on the network." });
export type Discovered = z.output<typeof Discovered>;

export interface Viewer {
  /** All that `actor` may see, in the order they were first seen. */
  (actor: Actor): Promise<readonly Discovered[]>;
}

const PENDING_AT_MOST = 1_000;

export function discoveredFor(needs: {
  readonly discovery: Discovery;
  readonly fleet: FleetRoom;
  readonly desk: EnrolmentRoom["desk"];
}): Viewer {
  const { discovery, fleet, desk } = needs;
  return async (actor) => {
    await fleet.fresh();
    const hosts = new Map<string, { readonly id: string; readonly name: string; readonly place: string }>();
    for (const host of fleet.directory.hosts) {
      const place = host.place.join("/");
      const networks = (host.facts.networks ?? []).flatMap(({ addresses }) => addresses);
      for (const address of [...networks.map(bare), ...host.addresses]) {
        if (!isOwnOnly(address)) hosts.set(address, { id: host.id, name: host.name, place });
      }
    }
    const waiting = actor.permissions.has("enrolment.read") ? await pending(desk, actor) : new Map<string, string>();
    return discovery.nodes().map(({ ...node }) => {
      const host = hosts.get(node.address);
      const enrolment = waiting.get(node.address);
      const isShown = host !== undefined && isInReach(actor, host.place === "" ? undefined : host.place);
      return {
        ...node,
        doors: [...node.doors],
        services: node.services.map(({ id, params }) => ({ id, params: { ...params } })),
        ...(isShown ? { host: { id: host.id, name: host.name } } : {}),
        ...(enrolment === undefined ? {} : { enrolment }),
      };
    });
  };
}

async function pending(desk: EnrolmentRoom["desk"], actor: Actor): Promise<ReadonlyMap<string, string>> {
  const { items } = await desk.list({ state: "pending", limit: PENDING_AT_MOST }, actor);
  return new Map(items.map(({ address, id }) => [address, id]));
}

/** Facts write addresses with their prefix length. */
function bare(address: string): string {
  return address.split("/", 1)[0]!;
}

/** Every machine has these. */
function isOwnOnly(address: string): boolean {
  return address.startsWith("127.") || address === "::1" || address.startsWith("fe80:");
}
