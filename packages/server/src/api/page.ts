/** Lists come in pages. The cursor is opaque to callers: it holds the keys of the last item, so pages never shift. */
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The query of every list: spread `.shape` into the route's own query object. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe("Items a page holds at most."),
  cursor: z.string().min(1).max(1024).optional().describe("`next` of the page before."),
});
export type PageQuery = z.output<typeof PageQuery>;

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Present when there is more. */
  readonly next?: string;
}

/** The answer of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

export function encodeCursor(keys: unknown): string {
  return Buffer.from(JSON.stringify(keys), "utf8").toString("base64url");
}

/** What `encodeCursor` was given, checked by `keys`; throws `request.malformed` for anything else. */
export function decodeCursor<Keys extends z.ZodType>(keys: Keys, cursor: string): z.output<Keys> {
  const parsed = keys.safeParse(readJson(cursor));
  if (!parsed.success) {
    const issues = [{ in: "query", path: "cursor", message: "is not a cursor of this list" }];
    throw new AtalayaError("request.malformed", "The cursor is not one of this list.", {
      details: { issues },
      next: "Leave it out to begin at the first page.",
    });
  }
  return parsed.data;
}

/**
 * Makes a page of rows that were read with `limit + 1`: the row too many only tells that there is a next page.
 * `keys` names what the next page goes on from.
 */
export function pageFrom<Row, Item>(
  rows: readonly Row[],
  { limit, item, keys }: { readonly limit: number; item(row: Row): Item; keys(row: Row): unknown },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map((row) => item(row));
  return rows.length > limit && last !== undefined ? { items, next: encodeCursor(keys(last)) } : { items };
}

/**
 * The same for lists of which not everybody may see all: reads in their order until the page is full, so that a page is
 * short only at the end, and what is hidden leaves no gap that could be counted.
 */
export async function pageOfVisible<Row, Item>(
  read: (after: Row | undefined, count: number) => Promise<readonly Row[]>,
  page: {
    readonly limit: number;
    isVisible(row: Row): boolean;
    item(row: Row): Item;
    keys(row: Row): unknown;
  },
): Promise<Page<Item>> {
  const rows: Row[] = [];
  for (let after: Row | undefined; ;) {
    const batch = await read(after, page.limit + 1);
    rows.push(...batch.filter((row) => page.isVisible(row)));
    after = batch.at(-1);
    if (rows.length > page.limit || batch.length <= page.limit) return pageFrom(rows, page);
  }
}

function readJson(cursor: string): unknown {
  // Buffer skips what is not base64url instead of refusing it.
  if (!/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
