import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import { maySee } from "./grants.ts";
import { placesOf, tokenOf, type ApiToken } from "./token.ts";
import type { TokenRow, TokenStore } from "./tokens.store.ts";

const Keys = z.tuple([z.int().min(0)]);

/** Newest first; tokens made meanwhile never shift a page. Who is limited to places sees the tokens of these. */
export async function listTokens(
  tokens: TokenStore,
  { revoked, limit, cursor }: { readonly revoked: boolean; readonly limit: number; readonly cursor?: string },
  now: number,
  by: Actor,
): Promise<Page<ApiToken>> {
  const from = cursor === undefined ? undefined : decodeCursor(Keys, cursor)[0];
  return pageOfVisible<TokenRow, ApiToken>(
    (after, count) => {
      const before = after?.id ?? from;
      return tokens.list({ revoked, limit: count, ...(before === undefined ? {} : { before }) });
    },
    {
      limit,
      isVisible: (row) => maySee(by, placesOf(row)),
      item: (row) => tokenOf(row, now),
      keys: (row) => [row.id],
    },
  );
}
