import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import type { Clock } from "../../platform/clock.ts";
import { hashOf, newJoinSecret, stateOf, type JoinTokenState } from "./join-token.ts";
import type { JoinTokenStore } from "./join-tokens.store.ts";
import { changedLabels, placeOf } from "../fleet/index.ts";
import { isInReach } from "../../api/places.ts";
import { mayDecideIn } from "./scope.ts";
import type { JoinTokenRow } from "./tables.store.ts";

/** A join token as people may see it again: never its secret. */
export interface JoinToken {
  readonly id: string;
  readonly state: JoinTokenState;
  readonly uses: number;
  readonly taken: number;
  readonly expiresAt: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly note?: string;
  /** Where its machines are put, as in `site-a/aula-1`. */
  readonly place?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface NewJoinToken {
  readonly uses: number;
  readonly expiresInMs: number;
  readonly note?: string | undefined;
  readonly place?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export interface JoinTokens {
  /** The only time that the token is seen: `<secret>.<pin of the CA>`. */
  create(wish: NewJoinToken, by: Actor): Promise<{ readonly token: string; readonly record: JoinToken }>;
  /** Those of the places that `by` is limited to. */
  list(page: { readonly limit: number; readonly cursor?: string | undefined }, by: Actor): Promise<Page<JoinToken>>;
  /** Throws `token.unknown`. Who has already come in with it stays. */
  revoke(id: string, by: Actor): Promise<JoinToken>;
}

const Keys = z.tuple([z.int().min(0)]);
const Labels = z.record(z.string(), z.string());

export function joinTokens(needs: {
  readonly tokens: JoinTokenStore;
  readonly clock: Clock;
  readonly caPin: string;
}): JoinTokens {
  const { tokens, clock, caPin } = needs;
  return {
    async create({ uses, expiresInMs, note, place, labels }, by) {
      mayDecideIn(by, place);
      const secret = newJoinSecret();
      const now = clock.now();
      const row = {
        id: `jt_${randomBytes(16).toString("base64url")}`,
        hash: hashOf(secret),
        uses,
        expires_at: now + expiresInMs,
        created_at: now,
        created_by: by.name,
        note: note ?? null,
        place: place === undefined ? null : JSON.stringify(placeOf(place)),
        labels: labels === undefined ? null : JSON.stringify(changedLabels({}, labels)),
        reach: by.places === undefined ? null : JSON.stringify(by.places),
      };
      await tokens.add(row);
      const record = recordOf({ ...row, key: 0, taken: 0, revoked_at: null }, now);
      return { token: `${secret}.${caPin}`, record };
    },
    async list({ limit, cursor }, by) {
      const from = cursor === undefined ? undefined : decodeCursor(Keys, cursor)[0];
      const now = clock.now();
      return pageOfVisible<JoinTokenRow, JoinToken>(
        (after, count) => {
          const before = after?.key ?? from;
          return tokens.list({ limit: count, ...(before === undefined ? {} : { before }) });
        },
        {
          limit,
          isVisible: (row) => isInReach(by, placeOfRow(row)),
          item: (row) => recordOf(row, now),
          keys: (row) => [row.key],
        },
      );
    },
    async revoke(id, by) {
      const known = await tokens.byId(id);
      if (known === undefined) throw new AtalayaError("token.unknown", "there is no such join token");
      mayDecideIn(by, placeOfRow(known));
      const row = await tokens.revoke(id, clock.now());
      return recordOf(row ?? known, clock.now());
    },
  };
}

function recordOf(row: JoinTokenRow, now: number): JoinToken {
  const place = placeOfRow(row);
  return {
    id: row.id,
    state: stateOf(row, now),
    uses: row.uses,
    taken: row.taken,
    expiresAt: row.expires_at,
    createdAt: row.created_at,
    createdBy: row.created_by,
    ...(row.note === null ? {} : { note: row.note }),
    ...(place === undefined ? {} : { place }),
    ...(row.labels === null ? {} : { labels: Labels.parse(JSON.parse(row.labels)) }),
  };
}

function placeOfRow(row: JoinTokenRow): string | undefined {
  return row.place === null ? undefined : z.array(z.string()).parse(JSON.parse(row.place)).join("/");
}
