/** All items of a list, page after page. */
export interface PageOf<Item> {
  readonly items: readonly Item[];
  readonly next?: string | undefined;
}

/** `limit` items at most. */
export async function allItems<Item>(
  ask: (cursor: string | undefined) => Promise<PageOf<Item>>,
  limit = Infinity,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < limit);
  return items.slice(0, limit);
}

/** For `exactOptionalPropertyTypes`: a query with a cursor only when there is one. */
export function at(cursor: string | undefined): { readonly cursor?: string } {
  return cursor === undefined ? {} : { cursor };
}
