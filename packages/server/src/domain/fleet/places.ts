import { compareNames } from "@atalaya/protocol/selectors";
import type { DirectoryHost } from "./fleet.ts";
import type { Place } from "./view.ts";

/** The tree that the hosts' paths imply, each node with what stands at or below it. */
export function placesOf(hosts: readonly DirectoryHost[]): readonly Place[] {
  const places = new Map<string, { hosts: number; online: number }>();
  for (const { place, state } of hosts) {
    for (let depth = 1; depth <= place.length; depth++) {
      const path = place.slice(0, depth).join("/");
      const counts = places.get(path) ?? { hosts: 0, online: 0 };
      counts.hosts += 1;
      if (state === "online") counts.online += 1;
      places.set(path, counts);
    }
  }
  return Array.from(places, ([path, counts]) => ({ path, ...counts })).sort((a, b) => compareNames(a.path, b.path));
}
