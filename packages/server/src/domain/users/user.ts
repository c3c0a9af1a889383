import { z } from "zod";
import { roles, type Role } from "../../api/permissions.ts";
import { PlacePath, Timestamp } from "../../api/schemas.ts";
import type { Given } from "./roles.ts";
import type { UserRow } from "./users.store.ts";

export const RoleName = z.enum(Object.keys(roles) as [Role, ...Role[]]);
export const PlacesOverride = z.union([z.literal("everywhere"), z.array(PlacePath).min(1).max(100)]);

/** A person as shown. */
export const User = z
  .object({
    id: z.string(),
    name: z.string().describe("`pam:<account>` or `oidc:<provider>:<name>`."),
    account: z.string().optional().describe("The account on this server's machine, where there is one."),
    fullName: z.string(),
    groups: z.array(z.string()).describe("As they were at the last sign-in."),
    role: RoleName.optional().describe("What holds now; absent: none, and no way in."),
    places: z.array(z.string()).optional().describe("Absent: everywhere."),
    override: z
      .object({ role: RoleName.optional(), places: PlacesOverride.optional() })
      .describe("What an administrator said instead of the groups."),
    blocked: z.object({ at: Timestamp, by: z.string() }).optional(),
    secondFactor: z.enum(["none", "set", "required"]).describe("`required`: and not set up yet."),
    createdAt: Timestamp,
    signedInAt: Timestamp,
    signedInFrom: z.string(),
  })
  .meta({ id: "User", description: "A person who signs in." });
export type User = z.output<typeof User>;

/** What the groups gave at the last sign-in, with the administrator's word over it. */
export function givenTo(row: Pick<UserRow, "role" | "places" | "group_role" | "group_places">): Given | undefined {
  const role = RoleName.safeParse(row.role ?? row.group_role);
  if (!role.success) return undefined;
  const places = row.places === null ? groupPlacesOf(row) : overriddenPlacesOf(row);
  return places === undefined || places === "everywhere" ? { role: role.data } : { role: role.data, places };
}

function groupPlacesOf(row: Pick<UserRow, "group_places">): readonly string[] | undefined {
  return row.group_places === null ? undefined : z.array(z.string()).parse(JSON.parse(row.group_places));
}

function overriddenPlacesOf({ places }: Pick<UserRow, "places">): z.output<typeof PlacesOverride> | undefined {
  return places === null ? undefined : PlacesOverride.parse(JSON.parse(places));
}

export function userOf(row: UserRow, isFactorRequired: (role: Role) => boolean): User {
  const given = givenTo(row);
  const role = RoleName.safeParse(row.role);
  const places = overriddenPlacesOf(row);
  return {
    id: row.public_id,
    name: row.name,
    ...(row.account === null ? {} : { account: row.account }),
    fullName: row.full_name,
    groups: z.array(z.string()).parse(JSON.parse(row.groups)),
    ...(given === undefined ? {} : { role: given.role }),
    ...(given?.places === undefined ? {} : { places: [...given.places] }),
    override: { ...(role.success ? { role: role.data } : {}), ...(places === undefined ? {} : { places }) },
    ...(row.blocked_at === null ? {} : { blocked: { at: row.blocked_at, by: row.blocked_by ?? "" } }),
    secondFactor:
      row.factor_confirmed_at !== null
        ? "set"
        : // Providers ask for second factors themselves.
          row.name.startsWith("pam:") && given !== undefined && isFactorRequired(given.role)
          ? "required"
          : "none",
    createdAt: row.created_at,
    signedInAt: row.signed_in_at,
    signedInFrom: row.signed_in_from,
  };
}
