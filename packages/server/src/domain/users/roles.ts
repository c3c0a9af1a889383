/** Which role a person's groups give. Only decides. */
import type { Role } from "../../api/permissions.ts";

/** One line of the `roles` setting. */
export interface RoleRule {
  readonly role: Role;
  /** A Unix group, `*` for every account that is a person's, or `<provider>/<group>` of an identity provider. */
  readonly group: string;
  /** Absent: everywhere. */
  readonly place?: string;
}

export interface Given {
  readonly role: Role;
  /** Absent: everywhere. */
  readonly places?: readonly string[];
}

/**
 * The first rule that fits decides the role; later ones of the same role only add places. So the order of the setting
 * is the order of precedence, and no hidden ranking of roles is needed.
 */
export function roleOf(groups: readonly string[], rules: readonly RoleRule[]): Given | undefined {
  const own = new Set(groups);
  const fitting = rules.filter(({ group }) => own.has(group));
  const role = fitting[0]?.role;
  if (role === undefined) return undefined;
  const places = fitting.filter((rule) => rule.role === role).map(({ place }) => place);
  const limited = places.filter((place) => place !== undefined);
  return limited.length < places.length ? { role } : { role, places: [...new Set(limited)] };
}
