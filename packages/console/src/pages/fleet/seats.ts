/** The fleet as a plan: places one below the other, their hosts side by side, cut into rows of a width. */
import type { Host } from "../../api/hosts.ts";

export type PlanRow =
  | { readonly kind: "place"; readonly key: string; readonly place: string | null; readonly hosts: readonly Host[] }
  | { readonly kind: "seats"; readonly key: string; readonly hosts: readonly Host[] };

/** Hosts keep their order; those without a place come last. */
export function planOf(
  hosts: readonly Host[],
  perRow: number,
  compare: (a: string, b: string) => number,
): readonly PlanRow[] {
  const byPlace = new Map<string | null, Host[]>();
  for (const host of hosts) {
    const there = byPlace.get(host.place);
    if (there === undefined) byPlace.set(host.place, [host]);
    else there.push(host);
  }
  const places = [...byPlace.keys()].toSorted((a, b) => (a === null ? 1 : b === null ? -1 : compare(a, b)));
  return places.flatMap((place) => {
    const there = byPlace.get(place)!;
    const rows: PlanRow[] = [{ kind: "place", key: `p:${place ?? ""}`, place, hosts: there }];
    for (let at = 0; at < there.length; at += perRow) {
      rows.push({ kind: "seats", key: `s:${place ?? ""}:${at}`, hosts: there.slice(at, at + perRow) });
    }
    return rows;
  });
}
