import type { DirectoryHost } from "../fleet/index.ts";

/** Whether a host stands in one of these places; undefined: everywhere. */
export function within(host: DirectoryHost, places: readonly string[] | undefined): boolean {
  const path = `${host.place.join("/")}/`;
  return places === undefined || places.some((place) => path.startsWith(`${place}/`));
}
