/** Things in the order of their names, kept so while changes come in their thousands. */

/** Which of two names comes first, as people count: pc-2 before pc-10. */
export type Compare = (a: string, b: string) => number;

export interface SortedSet<Item> {
  readonly size: number;
  put(item: Item): void;
  drop(id: string): void;
  /** A new array whenever something changed. */
  sorted(): readonly Item[];
}

export function sortedSet<Item extends { readonly id: string }>(
  nameOf: (item: Item) => string,
  compare: Compare,
): SortedSet<Item> {
  const byId = new Map<string, Item>();
  /** Their names have not been put in order yet. */
  const fresh = new Set<string>();
  let order: readonly Item[] = [];
  let isMoved = false;
  let isChanged = false;
  const byName = (a: Item, b: Item) => compare(nameOf(a), nameOf(b)) || (a.id < b.id ? -1 : 1);

  return {
    get size() {
      return byId.size;
    },
    put(item) {
      const before = byId.get(item.id);
      if (before === undefined || nameOf(before) !== nameOf(item)) fresh.add(item.id);
      byId.set(item.id, item);
      isChanged = true;
    },
    drop(id) {
      if (!byId.delete(id)) return;
      fresh.delete(id);
      isMoved = true;
      isChanged = true;
    },
    sorted() {
      if (!isChanged) return order;
      const isKept = ({ id }: Item) => byId.has(id) && !fresh.has(id);
      const kept = (isMoved || fresh.size > 0 ? order.filter(isKept) : order).map(({ id }) => byId.get(id)!);
      const added = [...fresh].map((id) => byId.get(id)!).toSorted(byName);
      order = added.length === 0 ? kept : merged(kept, added, byName);
      fresh.clear();
      isMoved = false;
      isChanged = false;
      return order;
    },
  };
}

/** Few comparisons when little is new: a fleet of 10,000 comes in 40 pieces. */
function merged<Item>(a: readonly Item[], b: readonly Item[], compare: Compare2<Item>): readonly Item[] {
  const result: Item[] = [];
  let at = 0;
  for (const item of b) {
    while (at < a.length && compare(a[at]!, item) <= 0) result.push(a[at++]!);
    result.push(item);
  }
  while (at < a.length) result.push(a[at++]!);
  return result;
}
type Compare2<Item> = (a: Item, b: Item) => number;
