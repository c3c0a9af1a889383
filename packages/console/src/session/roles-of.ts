/** Which roles may see what a view is about; a test holds it against the server's own table. */
const everybody = ["user", "viewer", "operator", "admin"] as const;
const staff = ["viewer", "operator", "admin"] as const;
const workers = ["user", "operator", "admin"] as const;
const admins = ["admin"] as const;

export const rolesOf = {
  "fleet.read": everybody,
  "job.read": everybody,
  "job.create": workers,
  "deployment.read": everybody,
  "deployment.write": workers,
  "discovery.read": everybody,
  "enrolment.read": staff,
  "server.read": staff,
  "terminal.open": workers,
  "user.read": admins,
  "identity.read": admins,
  "audit.read": admins,
} as const;

/** What a view may need of who opens it. */
export type ViewPermission = keyof typeof rolesOf;
