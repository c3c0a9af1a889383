/** What a caller may be allowed to do. Every route and every live topic names one, or the server does not start. */
export const permissions = {
  "fleet.read": "see hosts, places, groups",
  "fleet.write": "rename, label, place and merge hosts; change groups",
  "enrolment.read": "see join tokens and pending enrolments",
  "enrolment.write": "make and revoke join tokens; accept, reject, revoke enrolments",
  "job.read": "see one's own jobs, runs and their output",
  "job.read-all": "see everybody's jobs, runs and output, and with job.create control them",
  "job.create": "run jobs, cancel, pause and retry them",
  "account.choose": "run as any account of a host, or as its agent; without it everybody runs as themselves",
  "deployment.read": "see one's own deployments, saved ones, and the script library",
  "deployment.write": "deploy, roll back, save deployments and scripts, run scripts",
  "status.read": "see what hosts are and hold: settings, network, packages, services, and how that changed",
  "monitor.read": "see how hosts fare: load, memory, processes",
  "terminal.open": "open terminals on hosts",
  "relay.open": "reach ports of hosts through the server, as the host's policy allows",
  "terminal.review": "see and download what terminals showed, where they are recorded",
  "identity.read": "see API tokens",
  "identity.write": "make and revoke API tokens",
  "user.read": "see the people who sign in, and their sessions",
  "user.write": "change people's roles and places, block them, end their sessions, reset their second factor",
  "audit.read": "see, export and check the audit log",
  "discovery.read": "see machines on the network that are no hosts yet",
  "activation.read": "see the stormbolt agents that may get certificates",
  "activation.write": "let stormbolt agents get certificates, change and remove them",
  "server.read": "see metrics and the state of the server",
  "server.configuration": "see the server's settings, without secrets, and where it listens",
} as const;
export type Permission = keyof typeof permissions;

/** What a route may name: a permission, `authenticated` for whoever we know, `public` for anybody. */
export type RoutePermission = Permission | "authenticated" | "public";

/** Sets of permissions by name; API tokens and people carry them. */
export const roles = {
  /** Acts as itself, on its places, and sees only what it did. */
  user: [
    "fleet.read",
    "job.read",
    "job.create",
    "terminal.open",
    "monitor.read",
    "status.read",
    "deployment.read",
    "deployment.write",
    "discovery.read",
  ],
  viewer: [
    "fleet.read",
    "job.read",
    "job.read-all",
    "deployment.read",
    "enrolment.read",
    "discovery.read",
    "monitor.read",
    "status.read",
    "server.read",
  ],
  operator: [
    "fleet.read",
    "fleet.write",
    "enrolment.read",
    "job.read",
    "job.read-all",
    "job.create",
    "account.choose",
    "deployment.read",
    "deployment.write",
    "discovery.read",
    "terminal.open",
    "relay.open",
    "monitor.read",
    "status.read",
    "activation.read",
    "server.read",
  ],
  admin: Object.keys(permissions) as Permission[],
} as const satisfies Record<string, readonly Permission[]>;
export type Role = keyof typeof roles;
