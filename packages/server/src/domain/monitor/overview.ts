/** The fleet at a glance, from memory. Pure. */
import type { DirectoryHost } from "../fleet/index.ts";
import type { Latest } from "./monitor.ts";
import { loadView, type LoadView, type OverviewView } from "./views.ts";

const BUSIEST = 10;

export function overviewOf(
  hosts: readonly DirectoryHost[],
  latest: (host: DirectoryHost) => Latest | undefined,
): OverviewView {
  const states: Record<string, number> = {};
  const places = new Map<string, { total: number; states: Record<string, number> }>();
  const loads: LoadView[] = [];
  for (const host of hosts) {
    const name = host.place.join("/");
    let place = places.get(name);
    if (place === undefined) places.set(name, (place = { total: 0, states: {} }));
    place.total += 1;
    place.states[host.state] = (place.states[host.state] ?? 0) + 1;
    states[host.state] = (states[host.state] ?? 0) + 1;
    const one = host.state === "online" ? latest(host) : undefined;
    if (one !== undefined) loads.push(loadView(host, one));
  }
  return {
    total: hosts.length,
    states,
    places: [...places]
      .map(([place, counts]) => ({ place: place === "" ? null : place, ...counts }))
      .toSorted((a, b) => (a.place ?? "").localeCompare(b.place ?? "")),
    load: {
      sampled: loads.length,
      cpu: mean(loads.map(({ cpu }) => cpu)),
      memory: mean(loads.map(({ memory }) => memory)),
      busy: loads.toSorted((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0)).slice(0, BUSIEST),
    },
  };
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
