/** What is called what in the audit log. Every route that changes something names one, or the server does not start. */
export const auditActions = {
  "host.change": "renamed, labelled or placed a host",
  "host.forget": "forgot a host",
  "host.merge": "merged two hosts",
  "host.release": "let a host out of quarantine",
  "group.change": "made or changed a group",
  "group.delete": "deleted a group",
  "enrolment.request": "asked to be enrolled",
  "enrolment.accept": "accepted an enrolment",
  "enrolment.reject": "rejected an enrolment",
  "enrolment.revoke": "revoked an enrolment",
  "join-token.create": "made a join token",
  "join-token.revoke": "revoked a join token",
  "api-token.create": "made an API token",
  "api-token.revoke": "revoked an API token",
  "job.create": "asked a capability of hosts",
  "job.retry": "asked it again of the hosts without success",
  "job.cancel": "cancelled a job",
  "job.abort": "stopped a rollout",
  "job.pause": "paused a job",
  "job.resume": "let a job go on",
  "run.cancel": "cancelled a run",
  "blob.upload": "uploaded a file or a part of one",
  "session.begin": "signed in",
  "session.end": "signed out",
  "terminal.begin": "opened a terminal",
  "terminal.end": "closed a terminal",
  "audit.export": "exported the audit log",
  "audit.prune": "dropped old entries of the audit log",
  "audit.rewound": "found entries of the audit log missing",
  "audit.crowd": "more of the same from strangers than is written down",
} as const;
export type AuditAction = keyof typeof auditActions;

/** What a route or a procedure names: an action, or `none` when it changes nothing although it could (a preview). */
export type RouteAudit = AuditAction | "none";
