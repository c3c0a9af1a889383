/** Sessions over a real store and the real routes, with time in hand and a machine whose accounts are a table. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { heardAudit } from "../../api/audit.testing.ts";
import { mount } from "../../api/mount.ts";
import type { Role } from "../../api/permissions.ts";
import { createLocalBus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import type { Attempt, MachineAccount, Pam, PamAnswer } from "../../platform/pam/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { createIdentity, identityRoutes, localActor } from "../identity/index.ts";
import { createUsers, userRoutes } from "../users/index.ts";
import {
  createOidc,
  createSessionsRoom,
  oidcRoutes,
  secondFactorRoutes,
  sessionRoutes,
  type SignInRecord,
} from "./index.ts";
import type { OidcSettings } from "./oidc.ts";

export const OWN = "https://tower.example";

/** Time that stands still unless somebody waits for it: then it jumps there. */
export function jumpingClock(now = 1_700_000_000_000) {
  const timers = new Set<() => void>();
  const clock = {
    now: () => now,
    after(ms: number, act: () => void) {
      const fire = (): void => {
        if (!timers.delete(fire)) return;
        now += ms;
        act();
      };
      timers.add(fire);
      // Long ones are housekeeping: nobody waits for these.
      if (ms <= 30_000) setImmediate(fire);
      return { [Symbol.dispose]: () => void timers.delete(fire) };
    },
  } satisfies Clock;
  return { clock, pass: (ms: number) => void (now += ms) };
}

export function accountNamed(name: string, groups: readonly string[], uid = 1001): MachineAccount {
  return { name, uid, fullName: `${name} of the test`, groups };
}

/** Passwords are the account's name and `-pw`. */
export function machine(accounts: readonly MachineAccount[]): Pam & { readonly asked: Attempt[] } {
  const asked: Attempt[] = [];
  return {
    asked,
    async check(attempt): Promise<PamAnswer> {
      asked.push(attempt);
      const account = accounts.find(({ name }) => name === attempt.account);
      if (account !== undefined && attempt.password === `${account.name}-pw`) {
        return { kind: "proven", account, messages: [] };
      }
      return { kind: "refused", reason: "wrong", text: "Authentication failure", messages: [], delayMs: 0 };
    },
    account: async (name) => accounts.find((account) => account.name === name),
  };
}

export interface WorldOptions {
  readonly pam?: Pam | { readonly unavailable: string };
  readonly secondFactor?: readonly Role[];
  readonly signInRoot?: boolean;
  readonly oidc?: OidcSettings;
}

export async function openWorld(store: Store, options: WorldOptions = {}) {
  await using owned = new AsyncDisposableStack();
  const data = await mkdtemp(join(tmpdir(), "atalaya-sessions-"));
  owned.defer(() => rm(data, { recursive: true, force: true }));
  const time = jumpingClock();
  const { clock } = time;
  const log = silentLog;
  const bus = createLocalBus({ clock });
  const records: SignInRecord[] = [];
  const identity = owned.use(createIdentity({ store, bus, clock, log }));
  const users = createUsers({
    store,
    bus,
    clock,
    key: new Uint8Array(32).fill(7),
    issuer: "Atalaya tower",
    rules: [
      { role: "admin", group: "sudo" },
      { role: "operator", group: "teachers", place: "centro/aula-1" },
      { role: "viewer", group: "campus/staff" },
      { role: "user", group: "*" },
    ],
    secondFactorRoles: options.secondFactor ?? [],
  });
  const room = owned.use(
    await createSessionsRoom({
      store,
      bus,
      clock,
      log,
      data,
      identity,
      users,
      pam: options.pam ?? { unavailable: "not here" },
      record: async (record) => void records.push(record),
      settings: {
        idleMs: 3_600_000,
        absoluteMs: 10 * 3_600_000,
        keyMs: 86_400_000,
        failureMs: 2_000,
        rootAllowed: options.signInRoot ?? false,
      },
    }),
  );
  const key = new Uint8Array(32).fill(9);
  const oidc = options.oidc === undefined ? undefined : createOidc({ settings: options.oidc, key, clock, log });
  const parts = [
    { at: "/api/v1", routes: oidcRoutes({ ...room, oidc }) },
    { at: "/api/v1", routes: identityRoutes({ identity, clock }) },
    { at: "/api/v1", routes: userRoutes({ users }) },
    { at: "/api/v1", routes: secondFactorRoutes({ ...room, secondFactor: users.secondFactor }) },
    {
      at: "/api/v1",
      routes: sessionRoutes({
        ...room,
        page: () => ({ server: "tower", version: "0", methods: [{ kind: "link" as const }], notes: [] }),
      }),
    },
  ];
  const app = mount(parts, { audit: heardAudit(), log, authenticate: room.authentication.request });
  const life = owned.move();

  /** One request; `headers` win over what a browser's page of our own would send. */
  async function call(
    method: string,
    path: string,
    { body, headers = {}, address = "192.0.2.7" }: Call = {},
  ): Promise<Answer> {
    const request = new Request(`${OWN}/api/v1${path}`, {
      method,
      headers: {
        host: "tower.example",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const peer = { door: "public", address, port: 1, hostName: async () => undefined } as const;
    const answer = await app.fetch(request, { peer });
    const text = await answer.text();
    const [cookie] = answer.headers.getSetCookie();
    return {
      status: answer.status,
      body: text === "" ? undefined : JSON.parse(text),
      location: answer.headers.get("location") ?? "",
      cookies: answer.headers.getSetCookie().map((each) => each.split(";", 1)[0]!),
      ...(cookie === undefined ? {} : { setCookie: cookie, cookie: cookie.split(";", 1)[0]! }),
    };
  }

  return {
    ...time,
    data,
    bus,
    users,
    identity,
    room,
    records,
    call,
    /** A browser that signed in by a link. */
    async signedInByLink() {
      const { path } = await room.links.make({ role: "admin", expiresInMs: 60_000 }, localActor);
      const answer = await call("POST", "/session", { body: { kind: "link", token: path.split("link=")[1] } });
      return browserOf(answer);
    },
    async signedIn(account: string, more: object = {}) {
      return browserOf(
        await call("POST", "/session", { body: { kind: "pam", account, password: `${account}-pw`, ...more } }),
      );
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };

  function browserOf({ status, body, cookie }: Answer) {
    if (status !== 200 || cookie === undefined) throw new Error(`not signed in: ${status} ${JSON.stringify(body)}`);
    const headers = { cookie, "x-atalaya-csrf": body.csrf as string, origin: OWN, "sec-fetch-site": "same-origin" };
    return {
      session: body,
      headers,
      call: (method: string, path: string, sent?: unknown) => call(method, path, { headers, body: sent }),
    };
  }
}

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly address?: string;
}
interface Answer {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly location: string;
  readonly cookies: readonly string[];
  /** The first. */
  readonly setCookie?: string;
  readonly cookie?: string;
}
