/** Pages of hosts, places, groups and history. */
import { compareNames } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { decodeCursor, pageFrom, type Page, type PageQuery } from "../../api/page.ts";
import type { FleetRoom } from "./create-fleet.ts";
import type { Group } from "./directory.ts";
import type { DirectoryHost } from "./fleet.ts";
import { placesOf } from "./places.ts";
import { placeTest } from "./selection.ts";
import { type Host, type HostDetail, hostView, type Place } from "./view.ts";

type Query = Omit<PageQuery, "cursor"> & { readonly cursor?: string | undefined };

const ByName = z.tuple([z.string().max(1_000)]);
const ByNumber = z.tuple([z.int().min(0)]);

/** What stands after the last one shown, in an order that is total. */
function pageByName<Thing, Item>(
  things: readonly Thing[],
  { limit, cursor }: Query,
  { name, item }: { readonly name: (thing: Thing) => string; readonly item: (thing: Thing) => Item },
): Page<Item> {
  const after = cursor === undefined ? undefined : decodeCursor(ByName, cursor)[0];
  const rest = after === undefined ? things : things.filter((thing) => compareNames(name(thing), after) > 0);
  return pageFrom(rest.slice(0, limit + 1), { limit, item, keys: (thing) => [name(thing)] });
}

export async function hostsPage(
  fleet: FleetRoom,
  query: Query & { readonly selector: string },
  places: readonly string[] | undefined,
  now: number,
): Promise<Page<Host> & { readonly revision: number }> {
  const { hosts } = await fleet.resolve(query.selector, places === undefined ? {} : { places });
  const page = pageByName(hosts, query, { name: (host) => host.name, item: (host) => hostView(host, now) });
  return { ...page, revision: fleet.revision() };
}

export async function placesPage(
  fleet: FleetRoom,
  query: Query,
  places: readonly string[] | undefined,
): Promise<Page<Place>> {
  await fleet.fresh();
  const hosts = fleet.directory.hosts.filter(placeTest(places));
  return pageByName(placesOf(hosts), query, { name: (place) => place.path, item: (place) => place });
}

export async function groupsPage(fleet: FleetRoom, query: Query) {
  await fleet.fresh();
  const groups = [...fleet.directory.groups.values()].sort((a, b) => compareNames(a.name, b.name));
  return pageByName(groups, query, { name: (group) => group.name, item: groupView });
}

export function groupView({ parsed: _, ...group }: Group) {
  return group;
}

export async function historyPage(fleet: FleetRoom, host: DirectoryHost, { limit, cursor }: Query) {
  const before = cursor === undefined ? {} : { before: decodeCursor(ByNumber, cursor)[0] };
  const rows = await fleet.history(host.key, { limit: limit + 1, ...before });
  return pageFrom(rows, { limit, item: ({ key: _, host: __, ...entry }) => entry, keys: ({ key }) => [key] });
}

export async function hostDetail(
  fleet: FleetRoom,
  host: DirectoryHost,
  places: readonly string[] | undefined,
  now: number,
): Promise<HostDetail> {
  const [systems, proposals] = await Promise.all([fleet.systemsOf(host.key), fleet.proposalsOf(host.key)]);
  const isAllowed = placeTest(places);
  return {
    ...hostView(host, now),
    facts: host.facts,
    systems: systems.map(({ kind, name, enrolment, isOnline }) => ({
      kind,
      name,
      ...(enrolment === null ? {} : { enrolment }),
      state: enrolment === null ? "detached" : isOnline ? "online" : "offline",
    })),
    proposals: proposals.flatMap(({ other, reason, at }) => {
      const known = fleet.directory.byKey(other);
      return known === undefined || !isAllowed(known) ? [] : [{ id: known.id, name: known.name, reason, at }];
    }),
  };
}
