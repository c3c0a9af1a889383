import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { permissions, roles, type Permission, type Role } from "../../api/permissions.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { Ended } from "../identity/index.ts";
import type { Given, Standing } from "../users/index.ts";
import type { SessionRow } from "./sessions.store.ts";

const RoleName = z.enum(Object.keys(roles) as [Role, ...Role[]]);
const PermissionName = z.enum(Object.keys(permissions) as [Permission, ...Permission[]]);

/** Who a browser's session is, and what its page needs to go on. */
export const Session = z
  .object({
    id: z.string(),
    actor: z.object({
      name: z.string(),
      account: z.string().optional(),
      role: RoleName,
      permissions: z.array(PermissionName),
      places: z.array(z.string()).optional(),
    }),
    csrf: z.string().describe("For the header x-atalaya-csrf of every request but GET and HEAD."),
    expiresAt: Timestamp.describe("When it ends unless it is used. Epoch milliseconds."),
    absoluteExpiresAt: Timestamp.describe("When it ends in any case. Epoch milliseconds."),
    secondFactor: z.enum(["none", "set", "required"]).describe("`required`: and not set up yet."),
    recoveryCodes: z.array(z.string()).optional().describe("Once, when the second factor was set up by signing in."),
  })
  .meta({ id: "Session", description: "A browser's session." });
export type Session = z.output<typeof Session>;

export const SessionEntry = z
  .object({
    id: z.string(),
    name: z.string(),
    way: z.enum(["pam", "oidc", "link"]),
    address: z.string(),
    agent: z.string().describe("The browser, as it calls itself."),
    createdAt: Timestamp,
    usedAt: Timestamp.describe("Epoch milliseconds, to the minute."),
    expiresAt: Timestamp,
    current: z.boolean().describe("The one that asks."),
  })
  .meta({ id: "SessionEntry", description: "A session in a list." });
export type SessionEntry = z.output<typeof SessionEntry>;

export interface Lives {
  /** Unused for so long, a session ends. */
  readonly idleMs: number;
  /** And after so long in any case. */
  readonly absoluteMs: number;
}

/** Uses are noted to the minute and once a minute. */
const NOTED_LATE_MS = 120_000;

/**
 * `standing` is that of the person, absent for sessions that are nobody's in particular. `stampedAt` proves a use that may
 * not be noted yet.
 */
export function endOf(
  row: SessionRow | undefined,
  standing: Standing | undefined,
  { now, idleMs, stampedAt = 0 }: { readonly now: number; readonly idleMs: number; readonly stampedAt?: number },
): Ended | undefined {
  if (row === undefined) return { code: "identity.invalid", message: "This session is unknown." };
  if (row.ended_at !== null) return { code: "identity.invalid", message: "This session was signed out." };
  if (row.expires_at <= now || Math.max(row.used_at + NOTED_LATE_MS, stampedAt) + idleMs <= now) {
    return { code: "identity.expired", message: "This session has expired." };
  }
  if (row.way === "link") return undefined;
  if (standing === undefined || standing.blocked) return { code: "identity.invalid", message: "This user is blocked." };
  if (sameGiven(standing.given, givenOf(row))) return undefined;
  return { code: "identity.invalid", message: "What this user may do has changed." };
}

function sameGiven(one: Given | undefined, other: Given): boolean {
  return one?.role === other.role && JSON.stringify(one.places) === JSON.stringify(other.places);
}

export function givenOf(row: Pick<SessionRow, "role" | "places">): Given {
  const role = RoleName.parse(row.role);
  return row.places === null ? { role } : { role, places: z.array(z.string()).parse(JSON.parse(row.places)) };
}

export function actorOf(row: SessionRow, standing: Standing | undefined): Actor {
  const given = givenOf(row);
  return {
    name: row.name,
    session: row.public_id,
    ...(standing?.account === undefined ? {} : { account: standing.account }),
    ...(standing === undefined ? {} : { groups: standing.groups }),
    role: given.role,
    permissions: new Set<Permission>(roles[given.role]),
    ...(given.places === undefined ? {} : { places: given.places }),
  };
}

export function entryOf(row: SessionRow, current: string | undefined): SessionEntry {
  return {
    id: row.public_id,
    name: row.name,
    way: row.way as SessionEntry["way"],
    address: row.address,
    agent: row.agent,
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
    current: row.public_id === current,
  };
}
