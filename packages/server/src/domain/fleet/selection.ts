/** Which hosts a selector hits: parsing, groups, limits of place. Works on the directory as it is. */
import { AtalayaError } from "@atalaya/protocol";
import { compileSelector, parseSelector, printSelector, type Selector } from "@atalaya/protocol/selectors";
import type { Directory } from "./directory.ts";
import type { DirectoryHost, Resolution } from "./fleet.ts";

export type HostTest = (host: DirectoryHost) => boolean;

/** A test for one selector, with the groups as they are now. Throws `selector.malformed`, `group.unknown`, `group.circular`. */
export function hostTest(directory: Directory, selector: Selector, now: number): HostTest {
  return compileSelector(selector, { now, group: (name) => directory.groups.get(name)?.parsed });
}

export function select(
  directory: Directory,
  text: string,
  { now, places }: { readonly now: number; readonly places?: readonly string[] | undefined },
): Resolution {
  const selector = parseSelector(text);
  const hits = hostTest(directory, selector, now);
  const isAllowed = placeTest(places);
  return {
    hosts: directory.hosts.filter((host) => isAllowed(host) && hits(host)),
    selector: printSelector(selector),
  };
}

/** Hosts at or below one of these paths; all hosts without a limit. Exact: this is a border, not a search. */
export function placeTest(
  places: readonly string[] | undefined,
): (host: { readonly place: readonly string[] }) => boolean {
  if (places === undefined) return () => true;
  return ({ place }) => {
    if (place.length === 0) return false;
    const path = `${place.join("/")}/`;
    return places.some((allowed) => path.startsWith(`${allowed}/`));
  };
}

/** Throws unless this may be what a group stands for: all its groups exist and none leads back to it. */
export function checkGroup(directory: Directory, name: string, selector: Selector): void {
  compileSelector(
    { kind: "group", name },
    { now: 0, group: (each) => (each === name ? selector : directory.groups.get(each)?.parsed) },
  );
}

/** The groups whose selectors name this one. */
export function groupsUsing(directory: Directory, name: string): readonly string[] {
  return Array.from(directory.groups.values())
    .filter(({ parsed }) => names(parsed, name))
    .map((group) => group.name);
}

function names(selector: Selector, group: string): boolean {
  switch (selector.kind) {
    case "group":
      return selector.name === group;
    case "not":
      return names(selector.of, group);
    case "and":
    case "or":
      return selector.of.some((part) => names(part, group));
    default:
      return false;
  }
}

/** Whether the answer changes by the mere passing of time. */
export function dependsOnTime(directory: Directory, selector: Selector): boolean {
  return dependsOn(directory, selector, ({ kind }) => kind === "seen", new Set());
}

export function dependsOnGroups(selector: Selector): boolean {
  return dependsOn(undefined, selector, ({ kind }) => kind === "group", new Set());
}

function dependsOn(
  directory: Directory | undefined,
  selector: Selector,
  is: (part: Selector) => boolean,
  visited: Set<string>,
): boolean {
  if (is(selector)) return true;
  if (selector.kind === "not") return dependsOn(directory, selector.of, is, visited);
  if (selector.kind === "and" || selector.kind === "or") {
    return selector.of.some((part) => dependsOn(directory, part, is, visited));
  }
  if (selector.kind !== "group" || visited.has(selector.name)) return false;
  visited.add(selector.name);
  const group = directory?.groups.get(selector.name);
  return group !== undefined && dependsOn(directory, group.parsed, is, visited);
}

/** By id or exact name, within these places. Throws `host.unknown`. */
export function findHost(directory: Directory, idOrName: string, places?: readonly string[]): DirectoryHost {
  const host = directory.byId(idOrName) ?? directory.byName(idOrName);
  if (host === undefined || !placeTest(places)(host)) {
    throw new AtalayaError("host.unknown", `There is no host ${JSON.stringify(idOrName.slice(0, 300))}.`, {
      next: "`atalaya hosts` lists them.",
    });
  }
  return host;
}
