import { z } from "zod";
import { decodeCursor, pageFrom, type Page } from "../../api/page.ts";
import { tokenOf, type ApiToken } from "./token.ts";
import type { TokenStore } from "./tokens.store.ts";

const Keys = z.tuple([z.int().min(0)]);

/** Newest first; tokens made meanwhile never shift a page. */
export async function listTokens(
  tokens: TokenStore,
  { revoked, limit, cursor }: { readonly revoked: boolean; readonly limit: number; readonly cursor?: string },
  now: number,
): Promise<Page<ApiToken>> {
  const before = cursor === undefined ? {} : { before: decodeCursor(Keys, cursor)[0] };
  const rows = await tokens.list({ revoked, limit: limit + 1, ...before });
  return pageFrom(rows, { limit, item: (row) => tokenOf(row, now), keys: (row) => [row.id] });
}
