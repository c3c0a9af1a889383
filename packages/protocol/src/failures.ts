/**
 * Every failure that can reach a person or a program. The code is the contract; its sentence may change.
 * `status` is the HTTP status, `retry` says whether the same request may succeed later, `exit` is the CLI's exit status.
 * HTTP, link, XML-RPC faults and the CLI translate from this table and from nothing else.
 */
export interface FailureKind {
  readonly status: number;
  readonly retry: boolean;
  readonly exit: 1 | 2 | 3 | 4 | 5;
  /** For the manual and as the title of answers. */
  readonly means: string;
}

export const failures = {
  // Requests
  "request.malformed": { status: 400, retry: false, exit: 2, means: "The request does not fit its schema." },
  "request.too-large": { status: 413, retry: false, exit: 2, means: "The body is larger than this route takes." },
  "request.unsupported-type": {
    status: 415,
    retry: false,
    exit: 2,
    means: "The body is not of a type this route takes.",
  },
  "request.conflict": { status: 409, retry: false, exit: 1, means: "What exists already stands in the way." },
  "request.idempotency-mismatch": {
    status: 422,
    retry: false,
    exit: 2,
    means: "This Idempotency-Key was used for another request.",
  },
  "request.rate-limited": { status: 429, retry: true, exit: 3, means: "Too much of this at once." },
  "route.unknown": { status: 404, retry: false, exit: 2, means: "There is nothing at this address." },
  "route.method-not-allowed": { status: 405, retry: false, exit: 2, means: "This address does not take this method." },
  "rpc.method-unknown": { status: 404, retry: false, exit: 2, means: "There is no remote procedure of this name." },
  "topic.unknown": { status: 404, retry: false, exit: 2, means: "There is no live topic of this name." },
  "server.internal": {
    status: 500,
    retry: true,
    exit: 3,
    means: "The server failed; its log has the reason under the request's id.",
  },
  "server.draining": { status: 503, retry: true, exit: 3, means: "The server is stopping." },
  "server.busy": { status: 503, retry: true, exit: 3, means: "The server has too much to do at the moment." },
  // Said by clients: no server answered, or one that is not ours
  "server.unreachable": { status: 503, retry: true, exit: 3, means: "No server answers at this address." },
  "server.untrusted": { status: 502, retry: false, exit: 3, means: "The server's certificate is not one we trust." },
  // Who may
  "identity.missing": { status: 401, retry: false, exit: 4, means: "This needs credentials, and none came." },
  "identity.invalid": {
    status: 401,
    retry: false,
    exit: 4,
    means: "The credentials are unknown, revoked or unreadable.",
  },
  "identity.expired": { status: 401, retry: false, exit: 4, means: "The credentials have expired." },
  "identity.forbidden": { status: 403, retry: false, exit: 4, means: "Whoever asks may not do this." },
  // Signing in
  "identity.wrong-credentials": {
    status: 401,
    retry: false,
    exit: 4,
    means: "Account and password, or the link or provider's answer, prove nobody.",
  },
  "identity.second-factor": { status: 401, retry: false, exit: 4, means: "A code of the second factor is needed." },
  "identity.second-factor-setup": {
    status: 401,
    retry: false,
    exit: 4,
    means: "A second factor must be set up first; the details have its secret.",
  },
  "identity.answer-needed": {
    status: 401,
    retry: false,
    exit: 4,
    means: "The server's machine asks more than a password; the details have its questions.",
  },
  "identity.locked-out": { status: 429, retry: true, exit: 4, means: "Too many failed attempts; wait." },
  "identity.account-expired": { status: 403, retry: false, exit: 4, means: "The account has expired." },
  "identity.account-locked": { status: 403, retry: false, exit: 4, means: "The account may not sign in here and now." },
  "identity.password-expired": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The password has expired and must be changed on the server's machine.",
  },
  "identity.blocked": { status: 403, retry: false, exit: 4, means: "An administrator blocked this user." },
  "identity.no-role": { status: 403, retry: false, exit: 4, means: "No role is given to any group of this account." },
  "identity.pam-unavailable": {
    status: 503,
    retry: true,
    exit: 3,
    means: "This server cannot check accounts of its machine.",
  },
  "identity.provider-unavailable": {
    status: 503,
    retry: true,
    exit: 3,
    means: "The identity provider does not answer as it should.",
  },
  "identity.csrf": {
    status: 403,
    retry: false,
    exit: 4,
    means: "A request by cookie that changes something must carry the session's x-atalaya-csrf.",
  },
  "identity.foreign-origin": { status: 403, retry: false, exit: 4, means: "A page of another origin asks." },
  "session.unknown": { status: 404, retry: false, exit: 2, means: "There is no such session." },
  "user.unknown": { status: 404, retry: false, exit: 2, means: "There is no such user." },
  // Discovery
  "discovery.unknown": { status: 404, retry: false, exit: 5, means: "No discovered machine has this id." },
  // Fleet
  "host.unknown": { status: 404, retry: false, exit: 5, means: "No host has this id or name." },
  "host.offline": { status: 409, retry: true, exit: 1, means: "The host is not connected." },
  "host.online": { status: 409, retry: true, exit: 1, means: "The host is connected, and this needs it not to be." },
  "host.no-agent": {
    status: 409,
    retry: false,
    exit: 1,
    means: "No agent of ours is on the host, which comes in by a foreign protocol: it can run nothing.",
  },
  "host.name-taken": { status: 409, retry: false, exit: 1, means: "Another host has this name." },
  "place.unknown": { status: 404, retry: false, exit: 2, means: "There is no such place." },
  "group.unknown": { status: 404, retry: false, exit: 2, means: "There is no such group." },
  "group.circular": { status: 422, retry: false, exit: 2, means: "The group's selector would contain itself." },
  "selector.malformed": {
    status: 400,
    retry: false,
    exit: 2,
    means: "The selector cannot be read; the details say where and what was expected.",
  },
  "selector.no-match": { status: 422, retry: false, exit: 5, means: "The selector hits no host." },
  // Enrolment and link
  "enrolment.token-needed": {
    status: 403,
    retry: false,
    exit: 4,
    means: "This server takes new machines only with a join token.",
  },
  "enrolment.token-unknown": { status: 403, retry: false, exit: 4, means: "There is no such join token." },
  "enrolment.token-expired": { status: 403, retry: false, exit: 4, means: "The join token has expired." },
  "enrolment.token-exhausted": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The join token was used as often as it may be.",
  },
  "enrolment.token-revoked": { status: 403, retry: false, exit: 4, means: "The join token was revoked." },
  "enrolment.csr-malformed": {
    status: 400,
    retry: false,
    exit: 2,
    means: "The certificate request cannot be read or does not prove its key.",
  },
  "enrolment.csr-mismatch": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The certificate request names somebody else.",
  },
  "enrolment.rejected": { status: 403, retry: false, exit: 4, means: "A person rejected this enrolment." },
  "enrolment.unknown": { status: 404, retry: false, exit: 2, means: "There is no such enrolment." },
  "enrolment.local-agent": {
    status: 409,
    retry: false,
    exit: 4,
    means: "This machine runs the server's own agent already.",
  },
  "enrolment.ca-mismatch": { status: 403, retry: false, exit: 4, means: "The server's CA is not the pinned one." },
  "enrolment.queue-full": { status: 503, retry: true, exit: 3, means: "Too many enrolments wait for a person." },
  // Foreign agents: stormbolt and stormflash
  "bolt.malformed": { status: 502, retry: false, exit: 1, means: "A stormbolt agent sent what cannot be read." },
  "bolt.refused": { status: 502, retry: false, exit: 1, means: "The stormbolt agent does not open this port to us." },
  "bolt.gone": { status: 502, retry: true, exit: 1, means: "The connection to the stormbolt agent has ended." },
  "bolt.timed-out": { status: 504, retry: true, exit: 1, means: "The stormbolt agent did not answer in time." },
  "activation.refused": {
    status: 401,
    retry: false,
    exit: 4,
    means: "Serial key and token are not those of an agent that may be activated.",
  },
  "activation.unknown": { status: 404, retry: false, exit: 2, means: "There is no such agent to activate." },
  "activation.taken": { status: 409, retry: false, exit: 1, means: "Another agent has this id or serial key." },
  "activation.csr-malformed": {
    status: 400,
    retry: false,
    exit: 2,
    means: "The certificate request cannot be read, does not prove its key, or its key is too weak.",
  },
  "activation.csr-mismatch": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The certificate request names another agent.",
  },
  "activation.used-up": { status: 403, retry: false, exit: 4, means: "The agent was activated as often as it may be." },
  "certificate.unknown": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The certificate was not issued by this server.",
  },
  "certificate.expired": { status: 403, retry: false, exit: 4, means: "The certificate has expired." },
  "certificate.revoked": { status: 403, retry: false, exit: 4, means: "The certificate's enrolment was revoked." },
  "certificate.superseded": {
    status: 403,
    retry: false,
    exit: 4,
    means: "A newer certificate of this enrolment is in use.",
  },
  "link.cloned": { status: 409, retry: false, exit: 1, means: "Two machines use one identity." },
  "link.quarantined": {
    status: 403,
    retry: false,
    exit: 1,
    means: "The host is quarantined until a person releases it.",
  },
  "link.replaced": { status: 409, retry: true, exit: 1, means: "A newer link of this enrolment took over." },
  "link.old-epoch": { status: 409, retry: false, exit: 1, means: "The command belongs to an earlier link." },
  "link.version": { status: 426, retry: false, exit: 1, means: "The two ends share no version of the protocol." },
  "link.hello-late": { status: 408, retry: true, exit: 1, means: "The agent did not say hello in time." },
  "link.silent": { status: 408, retry: true, exit: 1, means: "Nothing was heard of the other end for too long." },
  "link.overloaded": { status: 503, retry: true, exit: 3, means: "The server takes no more links at the moment." },
  "frame.malformed": { status: 400, retry: false, exit: 1, means: "The frame cannot be read." },
  "frame.too-large": { status: 413, retry: false, exit: 1, means: "The frame is larger than allowed." },
  "frame.unexpected": { status: 409, retry: false, exit: 1, means: "The frame does not belong here and now." },
  // Jobs and runs
  "job.unknown": { status: 404, retry: false, exit: 2, means: "There is no such job." },
  "job.final": { status: 409, retry: false, exit: 1, means: "The job has ended." },
  "job.nothing-to-retry": { status: 409, retry: false, exit: 1, means: "Every run of the job succeeded." },
  "job.guarded": { status: 409, retry: false, exit: 4, means: "A guard forbids reaching so many hosts at once." },
  "job.cancelled": { status: 409, retry: false, exit: 1, means: "The job was cancelled." },
  "job.aborted": { status: 409, retry: false, exit: 1, means: "The job was aborted." },
  "job.failure-budget": { status: 409, retry: false, exit: 1, means: "More runs failed than the job allows." },
  "job.confirmation-needed": {
    status: 428,
    retry: false,
    exit: 2,
    means: "So many hosts need a confirmation of their number.",
  },
  "job.account-forbidden": {
    status: 403,
    retry: false,
    exit: 4,
    means: "Whoever asks may not run as this account, or as any.",
  },
  "run.unknown": { status: 404, retry: false, exit: 2, means: "There is no such run." },
  "run.final": { status: 409, retry: false, exit: 1, means: "The run has ended." },
  "run.cancelled": { status: 409, retry: false, exit: 1, means: "The run was cancelled." },
  "run.already-known": { status: 409, retry: false, exit: 1, means: "The agent has seen this run before." },
  "run.ticket-invalid": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The run's ticket does not fit or is not signed by the server.",
  },
  "run.ticket-expired": { status: 403, retry: false, exit: 4, means: "The run's ticket has expired." },
  "run.too-old": {
    status: 410,
    retry: false,
    exit: 1,
    means: "The job is so old that the agent could have forgotten that it ran.",
  },
  "run.forbidden-by-policy": { status: 403, retry: false, exit: 4, means: "The host's own policy forbids it." },
  "run.cannot-start": { status: 409, retry: false, exit: 1, means: "The command could not be started." },
  "run.program-not-found": { status: 404, retry: false, exit: 1, means: "The host has no such program." },
  "run.account-unusable": { status: 409, retry: false, exit: 1, means: "The command cannot run as this account." },
  "run.limit-unusable": { status: 409, retry: false, exit: 1, means: "The limits cannot be set on this host." },
  "run.time-limit": { status: 408, retry: true, exit: 1, means: "The command ran longer than allowed." },
  "run.cpu-limit": { status: 408, retry: false, exit: 1, means: "The command used more CPU time than allowed." },
  "run.memory-limit": {
    status: 413,
    retry: false,
    exit: 1,
    means: "The command used more memory than it may, or than the host has.",
  },
  "run.output-limit": { status: 413, retry: false, exit: 1, means: "The command printed more than allowed." },
  "run.output-incomplete": { status: 500, retry: false, exit: 1, means: "Some of the output may be missing." },
  "run.rebooted": { status: 409, retry: true, exit: 1, means: "The host rebooted while the command ran." },
  "run.vanished": { status: 409, retry: true, exit: 1, means: "The command is gone and left no result." },
  "run.deadline": { status: 408, retry: true, exit: 1, means: "The host did not come in time." },
  "run.spool-full": { status: 503, retry: true, exit: 1, means: "The host has no room for the output." },
  "capability.unknown": {
    status: 400,
    retry: false,
    exit: 2,
    means: "There is no such capability, or the host does not have it.",
  },
  // Deployments
  "deploy.folder": { status: 409, retry: false, exit: 1, means: "The folder cannot be used." },
  "deploy.denied": { status: 403, retry: false, exit: 1, means: "The account may not do this to this file." },
  "deploy.owner": { status: 403, retry: false, exit: 1, means: "The account cannot give files to this owner." },
  "deploy.archive": { status: 422, retry: false, exit: 1, means: "The archive is damaged, or not one we unpack." },
  "deploy.no-space": { status: 507, retry: false, exit: 1, means: "The disk is full." },
  "deploy.check-failed": { status: 409, retry: true, exit: 1, means: "The check before it failed; nothing changed." },
  "deploy.command-failed": { status: 409, retry: true, exit: 1, means: "The command after it failed." },
  "deploy.unhealthy": { status: 409, retry: true, exit: 1, means: "The health check did not succeed in time." },
  "deploy.changed-since": { status: 409, retry: false, exit: 1, means: "Files changed since they were deployed." },
  "deploy.nothing-kept": { status: 410, retry: false, exit: 1, means: "The host keeps no previous version of this." },
  "deploy.tomcat": { status: 409, retry: false, exit: 1, means: "The account's Tomcat cannot be used." },
  "deploy.failed": { status: 500, retry: true, exit: 1, means: "The files could not be placed." },
  // Packages, services, personality
  "package.unknown": { status: 404, retry: false, exit: 1, means: "The manager knows no such package or version." },
  "package.locked": { status: 409, retry: true, exit: 1, means: "Another program holds the package manager's lock." },
  "package.failed": { status: 409, retry: true, exit: 1, means: "The package manager could not do it." },
  "package.manager-missing": { status: 409, retry: false, exit: 1, means: "The host has no such package manager." },
  "package.unsupported": { status: 422, retry: false, exit: 1, means: "This package manager cannot do that." },
  "package.source": { status: 422, retry: false, exit: 1, means: "The package's file cannot be used." },
  "service.unknown": { status: 404, retry: false, exit: 1, means: "The host has no such service." },
  "service.failed": { status: 409, retry: true, exit: 1, means: "The service could not be brought into this state." },
  "service.manager-missing": { status: 409, retry: false, exit: 1, means: "The host has no such manager of services." },
  "service.foreign": {
    status: 409,
    retry: false,
    exit: 1,
    means: "The service was not added here, and is not changed.",
  },
  "personality.path": { status: 409, retry: false, exit: 1, means: "The file cannot be placed there." },
  "personality.command-failed": {
    status: 409,
    retry: true,
    exit: 1,
    means: "The command after the files failed; every file is as it was.",
  },
  "capability.failed": { status: 500, retry: true, exit: 1, means: "The host could not do it." },
  "deployment.unknown": { status: 404, retry: false, exit: 2, means: "There is no such deployment." },
  "script.unknown": { status: 404, retry: false, exit: 2, means: "There is no such script." },
  // Streams, terminal
  "stream.unknown": { status: 404, retry: false, exit: 1, means: "No stream of this id is waited for." },
  "stream.already-known": { status: 409, retry: false, exit: 1, means: "The agent has seen this stream before." },
  "stream.limit": { status: 429, retry: true, exit: 3, means: "There are as many streams as there may be." },
  "stream.no-answer": { status: 504, retry: true, exit: 1, means: "The host did not open the stream in time." },
  "stream.idle": { status: 408, retry: true, exit: 1, means: "Nothing went through the stream for too long." },
  "stream.broken": { status: 502, retry: true, exit: 1, means: "The stream was cut before its end." },
  "stream.ticket-invalid": {
    status: 403,
    retry: false,
    exit: 4,
    means: "The stream's ticket does not fit or is not signed by the server.",
  },
  "stream.ticket-expired": { status: 403, retry: true, exit: 4, means: "The stream's ticket has expired." },
  "stream.forbidden-by-policy": { status: 403, retry: false, exit: 4, means: "The host's own policy forbids it." },
  // Relays
  "relay.refused": {
    status: 502,
    retry: true,
    exit: 1,
    means: "Nothing takes connections there, as the host sees it.",
  },
  "relay.timed-out": { status: 504, retry: true, exit: 1, means: "What is relayed to did not answer in time." },
  "relay.broken": {
    status: 502,
    retry: true,
    exit: 1,
    means: "What is relayed to ended before its answer, or answered no HTTP.",
  },
  "relay.caller-slow": { status: 408, retry: true, exit: 1, means: "The rest of the request did not come in time." },
  "relay.target-malformed": {
    status: 400,
    retry: false,
    exit: 2,
    means: "This address cannot be relayed as it is written.",
  },
  "relay.no-domain": {
    status: 409,
    retry: false,
    exit: 1,
    means: "This server has no domain for browsers to reach hosts by.",
  },
  // Waypoints
  "waypoint.forbidden": {
    status: 403,
    retry: false,
    exit: 4,
    means: "A waypoint leads to its own server only, and not everybody there.",
  },
  "waypoint.malformed": { status: 400, retry: false, exit: 1, means: "This is no way that a waypoint can read." },
  "waypoint.loop": {
    status: 508,
    retry: true,
    exit: 1,
    means: "The way leads through this waypoint already, or is too long.",
  },
  "waypoint.busy": { status: 429, retry: true, exit: 1, means: "The waypoint carries as many connections as it may." },
  "waypoint.barred": {
    status: 403,
    retry: true,
    exit: 4,
    means: "A waypoint on the way was revoked or is in quarantine: another way is needed.",
  },
  "waypoint.no-link": { status: 503, retry: true, exit: 1, means: "The waypoint has no link to the server itself." },
  // Statuses
  "status.unknown": { status: 404, retry: true, exit: 1, means: "The host has told no status." },
  "status.no-revision": { status: 404, retry: false, exit: 1, means: "The status has no such revision, or no more." },
  "status.mismatch": { status: 409, retry: true, exit: 1, means: "A part of the status is not what its digest says." },
  "status.too-large": { status: 413, retry: false, exit: 1, means: "The status is larger than allowed." },
  "monitor.no-sample": { status: 409, retry: true, exit: 1, means: "The host has told nothing of itself yet." },
  "terminal.unavailable": {
    status: 409,
    retry: false,
    exit: 1,
    means: "The host's agent came without the library for terminals, or it does not run there.",
  },
  "terminal.cannot-start": { status: 409, retry: false, exit: 1, means: "The terminal could not be started." },
  "terminal.unknown-recording": { status: 404, retry: false, exit: 2, means: "There is no such recording." },
  "output.gone": { status: 410, retry: false, exit: 1, means: "The output was removed by retention." },
  // Tokens, blobs, store
  "token.unknown": { status: 404, retry: false, exit: 2, means: "There is no such token." },
  "blob.unknown": { status: 404, retry: false, exit: 1, means: "There is no such blob, or this run may not read it." },
  "blob.mismatch": { status: 422, retry: false, exit: 1, means: "The bytes are not those of the digest." },
  "blob.quota": { status: 413, retry: false, exit: 1, means: "Whoever uploads has as much here as they may." },
  "disk.full": { status: 507, retry: false, exit: 3, means: "The server's disk has too little room." },
  "store.newer-schema": { status: 500, retry: false, exit: 3, means: "A newer version wrote this store." },
  "store.unavailable": { status: 503, retry: true, exit: 3, means: "The store does not answer." },
  "store.taken": { status: 503, retry: true, exit: 3, means: "Another server has taken over this store." },
  "store.migration-failed": {
    status: 500,
    retry: false,
    exit: 3,
    means: "The store could not be brought to this version's schema; it is as it was before that step.",
  },
  "store.damaged": { status: 500, retry: false, exit: 3, means: "The store is damaged." },
  "audit.unavailable": {
    status: 503,
    retry: true,
    exit: 3,
    means: "The audit log cannot be written, so nothing may be changed.",
  },
  // Start
  "settings.wrong": { status: 500, retry: false, exit: 2, means: "Settings are wrong; the details name all of them." },
  "listen.in-use": { status: 500, retry: true, exit: 1, means: "Another program listens at this address." },
  "listen.denied": { status: 500, retry: false, exit: 1, means: "This account may not listen at this address." },
  "privileges.missing": { status: 500, retry: false, exit: 1, means: "Only root may do this." },
  "daemon.running": { status: 500, retry: true, exit: 1, means: "A server with this PID file runs already." },
  "daemon.not-running": { status: 500, retry: true, exit: 3, means: "No server with this PID file runs." },
  "daemon.did-not-end": {
    status: 500,
    retry: true,
    exit: 1,
    means: "The server was told to stop and did not end in time.",
  },
  "data.unwritable": { status: 500, retry: false, exit: 1, means: "The data folder cannot be written." },
  "data.in-use": { status: 500, retry: true, exit: 1, means: "Another server uses this data folder or database." },
  "data.foreign": {
    status: 500,
    retry: false,
    exit: 1,
    means: "The database belongs to the keys of another data folder.",
  },
  "data.damaged": { status: 500, retry: false, exit: 1, means: "A file of the data folder is damaged." },
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof failures;

export function isFailureCode(code: unknown): code is FailureCode {
  return typeof code === "string" && Object.hasOwn(failures, code);
}

/** The one error class. `details` is shown to the caller: never put a secret there. `next` tells a person what to do. */
export class AtalayaError extends Error {
  override readonly name = "AtalayaError";
  readonly code: FailureCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly next: string | undefined;

  constructor(
    code: FailureCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly details?: Readonly<Record<string, unknown>>;
      readonly next?: string;
    } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details;
    this.next = options.next;
  }
}
