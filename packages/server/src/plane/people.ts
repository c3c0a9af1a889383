/** Who asks: accounts of people, tokens of programs, and the ways to sign in. */
import { createIdentity } from "../domain/identity/index.ts";
import { createOidc, createSessionsRoom } from "../domain/sessions/index.ts";
import { createUsers } from "../domain/users/index.ts";
import type { Pam } from "../platform/pam/index.ts";
import type { Ground } from "./ground.ts";
import { DAY_MS, providerOf } from "./settings.ts";

/** The way to the accounts of this machine; or there is none, and why. */
export type WayToPam = Pam | { readonly unavailable: string };

export type People = Awaited<ReturnType<typeof openPeople>>;

/** The longest that libpam makes of the two seconds that pam_unix asks for: then no answer tells how long PAM took. */
const FAILURE_MS = 3_000;

export async function openPeople(own: AsyncDisposableStack, ground: Ground, pam: WayToPam) {
  const { settings, data, store, bus, clock, log, key, title, audit } = ground;
  const users = createUsers({
    store,
    bus,
    clock,
    key,
    issuer: `Atalaya ${title}`,
    rules: settings.roles,
    secondFactorRoles: settings.secondFactor,
  });
  const identity = own.use(createIdentity({ store, bus, clock, log, people: (login) => users.standing(login) }));
  const sessions = own.use(
    await createSessionsRoom({
      store,
      bus,
      clock,
      log,
      data,
      identity,
      users,
      pam,
      record: ({ actor, action, outcome, address, code = "server.internal", reason }) =>
        audit.log.record({
          actor: { name: actor },
          action,
          address,
          ...(outcome === "done" ? { outcome } : { outcome, code }),
          ...(reason === undefined ? {} : { details: { reason } }),
        }),
      settings: {
        idleMs: settings.sessionIdleMinutes * 60_000,
        absoluteMs: settings.sessionHours * 3_600_000,
        keyMs: settings.sessionKeyDays * DAY_MS,
        rootAllowed: settings.signInRoot,
        failureMs: FAILURE_MS,
      },
    }),
  );
  const provider = providerOf(settings);
  const oidc = provider === undefined ? undefined : createOidc({ settings: provider, key, clock, log });
  return { users, identity, sessions, who: sessions.authentication, oidc, pam };
}
