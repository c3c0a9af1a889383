import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Page } from "../../api/page.ts";
import type { Permission } from "../../api/permissions.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/engine.ts";
import { failureLimit } from "./failure-limit.ts";
import { grantOf, maySee, type Wish } from "./grants.ts";
import { lastUsed } from "../../platform/last-used.ts";
import { listTokens } from "./listing.ts";
import { writeLocalToken } from "./local-token.ts";
import { hashOf, looksLikeToken, newToken, newTokenId, sameHash } from "./secrets.ts";
import { actorOf, endOf, placesOf, tokenOf, type ApiToken, type Ended, type TokenPerson } from "./token.ts";
import { tokenStore, type TokenRow } from "./tokens.store.ts";
import { localActor } from "./local-actor.ts";

export interface NewApiToken extends Wish {
  readonly name: string;
}

/** Who asks, and the tokens that say so. */
export interface Identity extends AsyncDisposable {
  /** Throws `identity.invalid`, `identity.expired`, `request.rate-limited`. `address` is whom to count failures against. */
  authenticate(token: string, address: string): Promise<Actor>;
  /** Which of these tokens (their ids) no longer hold, and why. Asked for long-lived connections. */
  ended(tokenIds: readonly string[]): Promise<ReadonlyMap<string, Ended>>;
  /** Makes the local token of this start and writes it to `file`; the one before is void. */
  issueLocalToken(file: string): Promise<void>;
  create(wish: NewApiToken, maker: Actor): Promise<{ readonly token: string; readonly record: ApiToken }>;
  list(
    query: { readonly revoked: boolean; readonly limit: number; readonly cursor?: string },
    by: Actor,
  ): Promise<Page<ApiToken>>;
  /** Throws `token.unknown`, also for a token that reaches beyond the places of who asks. */
  revoke(id: string, by: Actor): Promise<ApiToken>;
  /** The API token an actor came with. */
  own(actor: Actor): Promise<ApiToken | undefined>;
}

export interface IdentityNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** How a person stands now, whom a token acts for. */
  readonly people?: (login: string) => Promise<TokenPerson | undefined>;
}

const MOST_KNOWN = 10_000;

export function createIdentity({ store, bus, clock, log, people = async () => undefined }: IdentityNeeds): Identity {
  const tokens = tokenStore(store);
  const limit = failureLimit();
  const used = lastUsed({
    clock,
    write: (batch) => tokens.touch(batch),
    onError: (error) => log.warn({ err: error }, "could not note when API tokens were used"),
  });
  let localHash: string | undefined;
  /** Hashes of tokens that were found lately. */
  const lately = new Set<string>();

  function remember(hash: string): void {
    lately.delete(hash);
    lately.add(hash);
    if (lately.size > MOST_KNOWN) lately.delete(lately.values().next().value!);
  }

  async function rowOf(token: string, address: string): Promise<TokenRow> {
    const now = clock.now();
    const retryAfterMs = limit.waitMs(address, now);
    // A whole lab, or a proxy, may be one address: who is known here is not locked out by who guesses there.
    if (retryAfterMs > 0 && !lately.has(hashOf(token))) {
      throw new AtalayaError("request.rate-limited", "Too many wrong tokens came from this address.", {
        details: { retryAfterMs },
      });
    }
    const hash = hashOf(token);
    const row = looksLikeToken(token) ? await tokens.byHash(hash) : undefined;
    if (row === undefined || !sameHash(row.hash, hash)) {
      limit.failed(address, now);
      throw new AtalayaError("identity.invalid", "This token is unknown.");
    }
    remember(hash);
    return row;
  }

  /** Jobs belong to names: a name that was somebody else's once must not be taken up by who may not see theirs. */
  async function checkName(name: string, maker: Actor): Promise<void> {
    const isOpen = maker.permissions.has("job.read-all");
    const before = isOpen && maker.places === undefined ? [] : await tokens.named(name);
    if (before.every((row) => maySee(maker, placesOf(row)) && (isOpen || row.created_by === maker.name))) return;
    throw nameTaken(name);
  }

  async function own(actor: Actor): Promise<ApiToken | undefined> {
    if (actor.token === undefined) return undefined;
    const [row] = await tokens.byIds([actor.token]);
    return row === undefined ? undefined : tokenOf(row, clock.now());
  }

  return {
    async authenticate(token, address) {
      if (localHash !== undefined && sameHash(localHash, hashOf(token))) return localActor;
      const row = await rowOf(token, address);
      const person = row.login === null ? undefined : await people(row.login);
      const end = endOf(row, clock.now(), person);
      if (end !== undefined) throw new AtalayaError(end.code, end.message);
      used.used(row.id, clock.now());
      return actorOf(row, person);
    },
    async ended(tokenIds) {
      if (tokenIds.length === 0) return new Map();
      const rows = new Map((await tokens.byIds(tokenIds)).map((row) => [row.public_id, row]));
      const logins = new Set([...rows.values()].flatMap(({ login }) => login ?? []));
      const known = new Map(await Promise.all([...logins].map(async (name) => [name, await people(name)] as const)));
      const now = clock.now();
      return new Map(
        tokenIds.flatMap((id) => {
          const end = endOf(rows.get(id), now, known.get(rows.get(id)?.login ?? ""));
          return end === undefined ? [] : [[id, end] as const];
        }),
      );
    },
    async issueLocalToken(file) {
      const token = newToken("atl");
      await writeLocalToken(file, token);
      localHash = hashOf(token);
    },
    async create(wish, maker) {
      const grant = grantOf(wish, maker, (await own(maker))?.expiresAt);
      await checkName(wish.name, maker);
      const token = newToken("aat");
      const row = {
        public_id: newTokenId(),
        name: wish.name,
        hash: hashOf(token),
        role: grant.role ?? null,
        permissions: JSON.stringify(grant.permissions satisfies readonly Permission[]),
        places: grant.places === undefined ? null : JSON.stringify(grant.places),
        login: grant.runner.login ?? null,
        account: grant.runner.account ?? null,
        created_by: maker.name,
        created_at: clock.now(),
        expires_at: grant.expiresAt ?? null,
      };
      if (!(await tokens.add(row))) {
        throw nameTaken(wish.name);
      }
      return { token, record: tokenOf({ ...row, id: 0, revoked_at: null, last_used_at: null }, clock.now()) };
    },
    list: (query, by) => listTokens(tokens, query, clock.now(), by),
    async revoke(id, by) {
      const [known] = await tokens.byIds([id]);
      const mayRevoke = known !== undefined && maySee(by, placesOf(known));
      const row = mayRevoke ? await tokens.revoke(id, clock.now()) : undefined;
      if (row === undefined) throw new AtalayaError("token.unknown", `There is no API token ${id}.`);
      bus.tell("identity");
      return tokenOf(row, clock.now());
    },
    own,
    [Symbol.asyncDispose]: () => used[Symbol.asyncDispose](),
  };
}

function nameTaken(name: string): AtalayaError {
  return new AtalayaError("request.conflict", `There is an API token named ${name} already.`, {
    next: "Choose another name, or revoke that token.",
  });
}
