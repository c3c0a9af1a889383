import { randomBytes, timingSafeEqual } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import { lastUsed } from "../../platform/last-used.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { Store } from "../../platform/store/engine.ts";
import { hashOf, type Ended } from "../identity/index.ts";
import type { Given, Users } from "../users/index.ts";
import { csrfOf, decodeCookie, encodeCookie, setCookie } from "./cookie.ts";
import { sessionDesk, type SessionDesk } from "./session-desk.ts";
import type { SessionKeys } from "./session-keys.ts";
import { actorOf, endOf, givenOf, type Lives, type Session, type SessionEntry } from "./session.ts";
import { sessionStore, type SessionRow } from "./sessions.store.ts";

export interface NewSession {
  readonly name: string;
  readonly way: SessionEntry["way"];
  readonly given: Given;
  readonly address: string;
  /** User-Agent. */
  readonly agent: string;
}

/** A session in use: what its cookie proved. */
export interface Found {
  readonly actor: Actor;
  readonly csrf: string;
  /** Set-Cookie, when it is time for a fresh stamp. */
  readonly renewed?: string;
}

/** Sessions of browsers. */
export interface Sessions extends SessionDesk, AsyncDisposable {
  /** `cookie` is a whole Set-Cookie. */
  open(wish: NewSession): Promise<{ readonly session: Session; readonly cookie: string }>;
  /** Throws `identity.invalid` and `identity.expired`. */
  find(cookie: string): Promise<Found>;
  /** What the page needs, of the session that this cookie names. */
  view(cookie: string): Promise<Session>;
  ended(ids: readonly string[]): Promise<ReadonlyMap<string, Ended>>;
}

export interface SessionsNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly keys: SessionKeys;
  readonly users: Pick<Users, "standing" | "signedIn">;
  readonly lives: Lives;
}

const HOUR_MS = 3_600_000;
/** Ended sessions are kept so long, for who wonders why they were signed out. */
const KEPT_MS = 24 * HOUR_MS;
/** A stamp is renewed when it is older than this, or a tenth of its life. */
const RENEW_MS = 60_000;

export function createSessions({ store, bus, clock, log, keys, users, lives }: SessionsNeeds): Sessions {
  const sessions = sessionStore(store);
  const used = lastUsed({
    clock,
    write: (batch) => sessions.touch(batch),
    onError: (error) => log.warn({ err: error }, "could not note when sessions were used"),
  });
  const tidying = repeat({
    clock,
    everyMs: HOUR_MS,
    act: () => sessions.prune(clock.now() - KEPT_MS),
    failed: (error) => log.warn({ err: error }, "could not remove old sessions"),
  });
  const renewMs = Math.min(RENEW_MS, lives.idleMs / 10);

  function cookieOf(secret: string, row: Pick<SessionRow, "expires_at">): string {
    const now = clock.now();
    return setCookie(
      encodeCookie({ secret, stampedAt: now }, keys.current()),
      Math.min(lives.idleMs, row.expires_at - now),
    );
  }

  async function standingOf(row: SessionRow | undefined) {
    return row === undefined || row.way === "link" ? undefined : users.standing(row.name);
  }

  async function rowOf(cookie: string) {
    const stamped = decodeCookie(cookie, (id) => keys.named(id));
    if (stamped === undefined) throw new AtalayaError("identity.invalid", "This session's cookie is not ours.");
    const now = clock.now();
    // A stamp of the future would outlive what it should: clocks that were set back sign in anew.
    if (stamped.stampedAt + lives.idleMs <= now || stamped.stampedAt > now + RENEW_MS) {
      throw new AtalayaError("identity.expired", "This session has expired.", { next: "Sign in again." });
    }
    const row = await sessions.byHash(hashOf(stamped.secret));
    const standing = await standingOf(row);
    const end = endOf(row, standing, { now, idleMs: lives.idleMs, stampedAt: stamped.stampedAt });
    if (end !== undefined || row === undefined) {
      throw new AtalayaError(end?.code ?? "identity.invalid", end?.message ?? "", { next: "Sign in again." });
    }
    return { row, standing, stamped };
  }

  function viewOf(
    row: SessionRow,
    secret: string,
    stampedAt: number,
    standing: Awaited<ReturnType<typeof standingOf>>,
  ) {
    const { name, account, role, permissions, places } = actorOf(row, standing);
    return {
      id: row.public_id,
      actor: {
        name,
        ...(account === undefined ? {} : { account }),
        role: role ?? givenOf(row).role,
        permissions: [...permissions].sort(),
        ...(places === undefined ? {} : { places: [...places] }),
      },
      csrf: csrfOf(secret),
      expiresAt: Math.min(stampedAt + lives.idleMs, row.expires_at),
      absoluteExpiresAt: row.expires_at,
      secondFactor: standing?.secondFactor ?? ("none" as const),
    };
  }

  return {
    ...sessionDesk({ sessions, bus, clock }),
    async open({ name, way, given, address, agent }) {
      const secret = randomBytes(32).toString("base64url");
      const now = clock.now();
      const row = {
        public_id: `session_${randomBytes(16).toString("base64url")}`,
        hash: hashOf(secret),
        name,
        way,
        role: given.role,
        places: given.places === undefined ? null : JSON.stringify(given.places),
        address,
        agent: agent.replaceAll("\0", "").slice(0, 300),
        created_at: now,
        used_at: now,
        expires_at: now + lives.absoluteMs,
      };
      await sessions.add(row);
      if (way !== "link") await users.signedIn(name, address);
      const kept = { ...row, id: 0, ended_at: null };
      return { session: viewOf(kept, secret, now, await standingOf(kept)), cookie: cookieOf(secret, row) };
    },
    async find(cookie) {
      const { row, standing, stamped } = await rowOf(cookie);
      const now = clock.now();
      used.used(row.id, now);
      const isOld = now - stamped.stampedAt >= renewMs;
      return {
        actor: actorOf(row, standing),
        csrf: csrfOf(stamped.secret),
        ...(isOld ? { renewed: cookieOf(stamped.secret, row) } : {}),
      };
    },
    async view(cookie) {
      const { row, standing, stamped } = await rowOf(cookie);
      return viewOf(row, stamped.secret, Math.max(stamped.stampedAt, clock.now() - renewMs), standing);
    },
    async ended(ids) {
      if (ids.length === 0) return new Map();
      const rows = new Map((await sessions.byIds(ids)).map((row) => [row.public_id, row]));
      const found: (readonly [string, Ended])[] = [];
      for (const id of ids) {
        const row = rows.get(id);
        const end = endOf(row, await standingOf(row), { now: clock.now(), idleMs: lives.idleMs });
        if (end !== undefined) found.push([id, end]);
      }
      return new Map(found);
    },
    async [Symbol.asyncDispose]() {
      await tidying[Symbol.asyncDispose]();
      await used[Symbol.asyncDispose]();
    },
  };
}

/** Takes the same time wherever they differ. */
export function sameCsrf(given: string | null, expected: string): boolean {
  const [one, other] = [Buffer.from(given ?? ""), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
