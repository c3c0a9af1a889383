import { randomBytes } from "node:crypto";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import type { Role } from "../../api/permissions.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../platform/store/engine.ts";
import { grantOf, maySee } from "../identity/index.ts";
import { roleOf, type Given, type RoleRule } from "./roles.ts";
import { givenTo, userOf, type PlacesOverride, type User } from "./user.ts";
import { createSecondFactor, type SecondFactor } from "./second-factor.ts";
import { userStore, type Override, type UserRow } from "./users.store.ts";

/** Somebody who has just proved who they are. */
export interface Person {
  readonly name: string;
  /** By what their provider knows them, for good; names may go to somebody else there. */
  readonly subject?: string;
  readonly account?: string;
  readonly fullName: string;
  /** As the `roles` setting names them. */
  readonly groups: readonly string[];
}

/** What a person may at this moment. */
export interface Standing {
  readonly name: string;
  readonly account?: string;
  /** As the `roles` setting names them. */
  readonly groups: readonly string[];
  /** Absent: no group of theirs has a role. */
  readonly given?: Given;
  readonly blocked: boolean;
  readonly secondFactor: User["secondFactor"];
}

/** What an administrator says of a person; `null` takes it back, and the groups decide again. */
export interface UserChange {
  readonly role?: Role | null | undefined;
  readonly places?: z.output<typeof PlacesOverride> | null | undefined;
  readonly blocked?: boolean | undefined;
}

/** The people who sign in. */
export interface Users {
  readonly secondFactor: SecondFactor;
  /** Notes what is known of somebody who proved who they are, and says what they may. */
  meet(person: Person, from: string): Promise<Standing>;
  /** They are in: a session begins. */
  signedIn(name: string, from: string): Promise<void>;
  standing(name: string): Promise<Standing | undefined>;
  list(query: { readonly limit: number; readonly cursor?: string }, by: Actor): Promise<Page<User>>;
  /** By id or name. Throws `user.unknown`, also for people who reach beyond the places of who asks. */
  get(idOrName: string, by: Actor): Promise<User>;
  /** Throws `user.unknown`, `identity.forbidden` for giving more than one has, `request.conflict` for blocking oneself. */
  change(idOrName: string, change: UserChange, by: Actor): Promise<User>;
  /** For people who lost their device: they sign in by password alone, or set up another. */
  resetSecondFactor(idOrName: string, by: Actor): Promise<User>;
}

export interface UsersNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  /** Of the installation, 32 bytes. */
  readonly key: Uint8Array;
  /** What second factors are called on people's devices. */
  readonly issuer: string;
  readonly rules: readonly RoleRule[];
  /** Roles that sign in by password only with a second factor. */
  readonly secondFactorRoles: readonly Role[];
}

const Keys = z.tuple([z.string()]);

export function createUsers({ store, bus, clock, key, issuer, rules, secondFactorRoles }: UsersNeeds): Users {
  const people = userStore(store);
  const secondFactor = createSecondFactor({ store, clock, key, issuer, named: (name) => people.named(name) });
  const isFactorRequired = (role: Role): boolean => secondFactorRoles.includes(role);
  const shown = (row: UserRow): User => userOf(row, isFactorRequired);

  async function rowFor(idOrName: string, by: Actor): Promise<UserRow> {
    const row = (await people.byId(idOrName)) ?? (await people.named(idOrName));
    if (row !== undefined && maySee(by, givenTo(row)?.places)) return row;
    throw new AtalayaError("user.unknown", `There is no user ${idOrName}.`, { next: "see: atalaya user ls" });
  }

  return {
    secondFactor,
    async meet({ name, subject = null, account, fullName, groups }, from) {
      const known = await people.named(name);
      if (known !== undefined && known.subject !== subject) {
        throw new AtalayaError("identity.blocked", `The name ${name} belongs to somebody else here.`, {
          next: "Ask an administrator: the identity provider gave this name to another person.",
        });
      }
      const given = roleOf(groups, rules);
      const row = await people.meet(
        {
          public_id: `user_${randomBytes(16).toString("base64url")}`,
          name,
          subject,
          account: account ?? null,
          full_name: fullName,
          groups: JSON.stringify(groups),
          group_role: given?.role ?? null,
          group_places: given?.places === undefined ? null : JSON.stringify(given.places),
        },
        clock.now(),
        from,
      );
      return standingOf(row, isFactorRequired);
    },
    signedIn: (name, from) => people.signedIn(name, clock.now(), from),
    async standing(name) {
      const row = await people.named(name);
      return row === undefined ? undefined : standingOf(row, isFactorRequired);
    },
    async list({ limit, cursor }, by) {
      const from = cursor === undefined ? undefined : decodeCursor(Keys, cursor)[0];
      return pageOfVisible<UserRow, User>(
        (last, count) => {
          const after = last?.name ?? from;
          return people.list({ limit: count, ...(after === undefined ? {} : { after }) });
        },
        {
          limit,
          isVisible: (row) => maySee(by, givenTo(row)?.places),
          item: shown,
          keys: (row) => [row.name],
        },
      );
    },
    get: async (idOrName, by) => shown(await rowFor(idOrName, by)),
    async change(idOrName, change, by) {
      const row = await rowFor(idOrName, by);
      if (change.blocked === true && row.name === by.name) {
        throw new AtalayaError("request.conflict", "Nobody blocks themselves.");
      }
      const override = overrideOf(change, row, clock.now(), by);
      const given = givenTo({ ...row, ...override });
      // Whoever cannot be given a role by somebody is not theirs to change either.
      for (const each of [givenTo(row), given]) if (each !== undefined) checkGrant(each, by);
      await people.override(row.name, override);
      bus.tell("identity");
      return shown({ ...row, ...override });
    },
    async resetSecondFactor(idOrName, by) {
      const row = await rowFor(idOrName, by);
      const given = givenTo(row);
      if (given !== undefined) checkGrant(given, by);
      await secondFactor.remove(row.name);
      return shown({ ...row, factor_secret: null, factor_confirmed_at: null, factor_step: null });
    },
  };
}

function checkGrant(given: Given, by: Actor): void {
  if (given.places === undefined && by.places !== undefined) {
    throw new AtalayaError("identity.forbidden", `${by.name} is limited to places and cannot give more.`);
  }
  grantOf(given, by, undefined);
}

function overrideOf({ role, places, blocked }: UserChange, row: UserRow, now: number, by: Actor): Override {
  return {
    ...(role === undefined ? {} : { role }),
    ...(places === undefined ? {} : { places: places === null ? null : JSON.stringify(places) }),
    ...(blocked === undefined
      ? {}
      : blocked
        ? { blocked_at: row.blocked_at ?? now, blocked_by: row.blocked_by ?? by.name }
        : { blocked_at: null, blocked_by: null }),
  };
}

function standingOf(row: UserRow, isFactorRequired: (role: Role) => boolean): Standing {
  const given = givenTo(row);
  const { secondFactor } = userOf(row, isFactorRequired);
  return {
    name: row.name,
    ...(row.account === null ? {} : { account: row.account }),
    groups: z.array(z.string()).parse(JSON.parse(row.groups)),
    ...(given === undefined ? {} : { given }),
    blocked: row.blocked_at !== null,
    secondFactor,
  };
}
