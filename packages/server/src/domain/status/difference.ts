/** What differs between two documents. Pure. */

export interface Difference {
  /** Keys parted by `/`; things in lists go by their name, id or key, else by their number. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  readonly before?: unknown;
  readonly after?: unknown;
}

type Members = ReadonlyMap<string, unknown>;

/** In the order of paths; at most `most` of them, one more tells that there would be others. */
export function differencesOf(before: unknown, after: unknown, most: number): readonly Difference[] {
  const found: Difference[] = [];
  walk([], before, after);
  return found;

  function walk(path: readonly string[], one: unknown, other: unknown): void {
    if (found.length >= most || isSame(one, other)) return;
    const [was, is] = [membersOf(one), membersOf(other)];
    if (was === undefined || is === undefined || Array.isArray(one) !== Array.isArray(other)) {
      found.push({ path: path.join("/"), kind: "changed", before: one, after: other });
      return;
    }
    for (const name of new Set([...was.keys(), ...is.keys()])) {
      if (found.length >= most) return;
      const at = [...path, name.replaceAll("/", "~1")];
      if (!is.has(name)) found.push({ path: at.join("/"), kind: "removed", before: was.get(name) });
      else if (!was.has(name)) found.push({ path: at.join("/"), kind: "added", after: is.get(name) });
      else walk(at, was.get(name), is.get(name));
    }
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function membersOf(value: unknown): Members | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const items = value as readonly unknown[];
  for (const key of ["name", "id", "cname", "address"]) {
    const names = items.map((item) => labelOf(item, key));
    if (names.every((name) => name !== undefined) && new Set(names).size === names.length)
      return new Map(items.map((item, n) => [names[n]!, item]));
  }
  return new Map(items.map((item, n) => [String(n), item]));
}

/** Packages of several managers may share a name. */
function labelOf(item: unknown, key: string): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { [key]: label, type, arch } = item as Readonly<Record<string, unknown>>;
  if (typeof label !== "string") return undefined;
  const more = [type, arch].filter((text) => typeof text === "string" && key === "name");
  return [label, ...more].join(" ");
}
