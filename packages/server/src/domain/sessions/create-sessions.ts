import { join } from "node:path";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Pam } from "../../platform/pam/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { Store } from "../../platform/store/engine.ts";
import type { Identity } from "../identity/index.ts";
import type { Users } from "../users/index.ts";
import { createAuthentication, type Authentication } from "./credentials.ts";
import { createEntrance, type Entrance, type RecordSignIn } from "./entrance.ts";
import { failureStore } from "./failures.store.ts";
import { reviewMachinePeople } from "./machine-people.ts";
import { sessionStore } from "./sessions.store.ts";
import type { Lives } from "./session.ts";
import { openSessionKeys, type SessionKeys } from "./session-keys.ts";
import { createSessions, type Sessions } from "./sessions.ts";
import { createSignIn, type SignIn } from "./sign-in.ts";
import { createSignInLinks, type SignInLinks } from "./sign-in-links.ts";

export interface SessionsRoom extends AsyncDisposable {
  readonly sessions: Sessions;
  readonly signIn: SignIn;
  readonly links: SignInLinks;
  readonly keys: SessionKeys;
  readonly authentication: Authentication;
  /** Where attempts are counted. */
  readonly entrance: Entrance;
}

export interface SessionsRoomNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly data: string;
  readonly identity: Pick<Identity, "authenticate" | "ended">;
  readonly users: Users;
  readonly pam: Pam | { readonly unavailable: string };
  readonly record: RecordSignIn;
  readonly settings: Lives & {
    readonly rootAllowed: boolean;
    /** After so long, cookies are signed with a new key. */
    readonly keyMs: number;
    /** Failed attempts are answered at multiples of this. */
    readonly failureMs: number;
  };
}

const HOUR_MS = 3_600_000;
const REVIEW_MS = 5 * 60_000;

/** Reads or makes the keys of the data folder. */
export async function createSessionsRoom(needs: SessionsRoomNeeds): Promise<SessionsRoom> {
  const { store, bus, clock, log, data, identity, users, settings } = needs;
  const { rootAllowed, keyMs, failureMs, ...lives } = settings;
  const keys = await openSessionKeys(join(data, "session.keys"), { clock, believedMs: lives.idleMs });
  const failures = failureStore(store);
  const entrance = createEntrance({ failures, clock, log, record: needs.record, failureMs });
  const links = createSignInLinks({ store, clock });
  const sessions = createSessions({ store, bus, clock, log, keys, users, lives });
  const signIn = createSignIn({
    clock,
    log,
    entrance,
    users,
    sessions,
    links,
    pam: needs.pam,
    rootAllowed,
    record: needs.record,
  });
  const tidying = repeat({
    clock,
    everyMs: HOUR_MS,
    async act() {
      await failures.prune(clock.now());
      if (clock.now() - keys.since >= keyMs) await keys.rotate({ forget: false });
    },
    failed: (error) => log.warn({ err: error }, "could not tidy up what sign-ins left"),
  });
  const { pam } = needs;
  const reviewing = repeat({
    clock,
    everyMs: REVIEW_MS,
    act: async () => {
      if (!("unavailable" in pam)) {
        await reviewMachinePeople({ sessions: sessionStore(store), users, pam, bus, clock, log });
      }
    },
    failed: (error) => log.warn({ err: error }, "could not ask the machine about who is signed in"),
  });
  return {
    sessions,
    signIn,
    links,
    keys,
    entrance,
    authentication: createAuthentication({ identity, sessions }),
    async [Symbol.asyncDispose]() {
      await reviewing[Symbol.asyncDispose]();
      await tidying[Symbol.asyncDispose]();
      await sessions[Symbol.asyncDispose]();
    },
  };
}
