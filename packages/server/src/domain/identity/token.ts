import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { permissions, roles, type Permission, type Role } from "../../api/permissions.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { TokenRow } from "./tokens.store.ts";

const permissionNames = Object.keys(permissions) as [Permission, ...Permission[]];
const roleNames = Object.keys(roles) as [Role, ...Role[]];
export const PermissionName = z.enum(permissionNames);
export const RoleName = z.enum(roleNames);

/** An API token as shown: everything but the token. */
export const ApiToken = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(["valid", "expired", "revoked"]),
    role: RoleName.optional(),
    permissions: z.array(PermissionName),
    places: z.array(z.string()).optional(),
    login: z.string().optional().describe("The person it acts for: its commands run as whom that person may run as."),
    account: z.string().optional().describe("The one account of hosts that its commands run as."),
    createdBy: z.string(),
    createdAt: Timestamp,
    expiresAt: Timestamp.optional(),
    revokedAt: Timestamp.optional(),
    lastUsedAt: Timestamp.optional().describe("Epoch milliseconds, to the minute."),
  })
  .meta({ id: "ApiToken", description: "An API token, without its secret." });
export type ApiToken = z.output<typeof ApiToken>;

/** Why a credential no longer holds: a token here, a session in its room. */
export interface Ended {
  readonly code: "identity.invalid" | "identity.expired";
  readonly message: string;
}

/** The person a token acts for. */
export interface TokenPerson {
  readonly account?: string;
  readonly groups: readonly string[];
  readonly blocked: boolean;
}

export function endOf(row: TokenRow | undefined, now: number, person?: TokenPerson): Ended | undefined {
  if (row === undefined) return { code: "identity.invalid", message: "This token is unknown." };
  if (row.revoked_at !== null) return { code: "identity.invalid", message: `The token ${row.name} was revoked.` };
  if (row.expires_at !== null && row.expires_at <= now) {
    return { code: "identity.expired", message: `The token ${row.name} has expired.` };
  }
  if (person?.blocked === true) {
    return { code: "identity.invalid", message: `${row.login} is blocked, and with them the token ${row.name}.` };
  }
  return undefined;
}

/** Permissions that this version no longer knows are dropped: a token never grows by an upgrade. */
export function actorOf(row: TokenRow, person?: TokenPerson): Actor {
  const places = placesOf(row);
  return {
    name: `token:${row.name}`,
    token: row.public_id,
    ...(row.account === null ? {} : { runsAs: row.account }),
    ...(row.login === null ? {} : { login: row.login }),
    ...(person === undefined ? {} : { groups: person.groups }),
    ...(person?.account === undefined ? {} : { account: person.account }),
    permissions: new Set(permissionsOf(row)),
    ...(places === undefined ? {} : { places }),
  };
}

export function tokenOf(row: TokenRow, now: number): ApiToken {
  const end = endOf(row, now);
  const role = RoleName.safeParse(row.role);
  const places = placesOf(row);
  return {
    id: row.public_id,
    name: row.name,
    state: row.revoked_at !== null ? "revoked" : end === undefined ? "valid" : "expired",
    ...(role.success ? { role: role.data } : {}),
    permissions: permissionsOf(row),
    ...(places === undefined ? {} : { places }),
    ...(row.login === null ? {} : { login: row.login }),
    ...(row.account === null ? {} : { account: row.account }),
    createdBy: row.created_by,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  };
}

function permissionsOf(row: TokenRow): Permission[] {
  const names = z.array(z.string()).parse(JSON.parse(row.permissions));
  return names.filter((name): name is Permission => Object.hasOwn(permissions, name));
}

export function placesOf(row: Pick<TokenRow, "places">): string[] | undefined {
  return row.places === null ? undefined : z.array(z.string()).parse(JSON.parse(row.places));
}
