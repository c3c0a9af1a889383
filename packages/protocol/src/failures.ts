/**
 * Every failure that can reach a person or a program. The code is the contract; its sentence may change.
 * `status` is the HTTP status, `retry` says whether the same request may succeed later, `exit` is the CLI's exit status.
 * HTTP, link, XML-RPC faults and the CLI translate from this table and from nothing else.
 */
export interface FailureKind {
  readonly status: number;
  readonly retry: boolean;
  readonly exit: 1 | 2 | 3 | 4 | 5;
}

export const failures = {
  // Requests
  "request.malformed": { status: 400, retry: false, exit: 2 },
  "request.too-large": { status: 413, retry: false, exit: 2 },
  "request.unsupported-type": { status: 415, retry: false, exit: 2 },
  "request.conflict": { status: 409, retry: false, exit: 1 },
  "request.idempotency-mismatch": { status: 422, retry: false, exit: 2 },
  "request.rate-limited": { status: 429, retry: true, exit: 3 },
  "route.unknown": { status: 404, retry: false, exit: 2 },
  "route.method-not-allowed": { status: 405, retry: false, exit: 2 },
  "topic.unknown": { status: 404, retry: false, exit: 2 },
  "server.internal": { status: 500, retry: true, exit: 3 },
  "server.draining": { status: 503, retry: true, exit: 3 },
  "server.busy": { status: 503, retry: true, exit: 3 },
  // Said by clients: no server answered, or one that is not ours
  "server.unreachable": { status: 503, retry: true, exit: 3 },
  "server.untrusted": { status: 502, retry: false, exit: 3 },
  // Who may
  "identity.missing": { status: 401, retry: false, exit: 4 },
  "identity.invalid": { status: 401, retry: false, exit: 4 },
  "identity.expired": { status: 401, retry: false, exit: 4 },
  "identity.forbidden": { status: 403, retry: false, exit: 4 },
  // Fleet
  "host.unknown": { status: 404, retry: false, exit: 5 },
  "host.offline": { status: 409, retry: true, exit: 1 },
  "host.online": { status: 409, retry: true, exit: 1 },
  "host.name-taken": { status: 409, retry: false, exit: 1 },
  "place.unknown": { status: 404, retry: false, exit: 2 },
  "group.unknown": { status: 404, retry: false, exit: 2 },
  "group.circular": { status: 422, retry: false, exit: 2 },
  "selector.malformed": { status: 400, retry: false, exit: 2 },
  "selector.no-match": { status: 422, retry: false, exit: 5 },
  // Enrolment and link
  "enrolment.token-needed": { status: 403, retry: false, exit: 4 },
  "enrolment.token-unknown": { status: 403, retry: false, exit: 4 },
  "enrolment.token-expired": { status: 403, retry: false, exit: 4 },
  "enrolment.token-exhausted": { status: 403, retry: false, exit: 4 },
  "enrolment.token-revoked": { status: 403, retry: false, exit: 4 },
  "enrolment.csr-malformed": { status: 400, retry: false, exit: 2 },
  "enrolment.csr-mismatch": { status: 403, retry: false, exit: 4 },
  "enrolment.rejected": { status: 403, retry: false, exit: 4 },
  "enrolment.unknown": { status: 404, retry: false, exit: 2 },
  "enrolment.ca-mismatch": { status: 403, retry: false, exit: 4 },
  "enrolment.queue-full": { status: 503, retry: true, exit: 3 },
  "certificate.unknown": { status: 403, retry: false, exit: 4 },
  "certificate.expired": { status: 403, retry: false, exit: 4 },
  "certificate.revoked": { status: 403, retry: false, exit: 4 },
  "certificate.superseded": { status: 403, retry: false, exit: 4 },
  "link.cloned": { status: 409, retry: false, exit: 1 },
  "link.quarantined": { status: 403, retry: false, exit: 1 },
  "link.replaced": { status: 409, retry: true, exit: 1 },
  "link.old-epoch": { status: 409, retry: false, exit: 1 },
  "link.version": { status: 426, retry: false, exit: 1 },
  "link.hello-late": { status: 408, retry: true, exit: 1 },
  "link.silent": { status: 408, retry: true, exit: 1 },
  "link.overloaded": { status: 503, retry: true, exit: 3 },
  "frame.malformed": { status: 400, retry: false, exit: 1 },
  "frame.too-large": { status: 413, retry: false, exit: 1 },
  "frame.unexpected": { status: 409, retry: false, exit: 1 },
  // Jobs and runs
  "job.unknown": { status: 404, retry: false, exit: 2 },
  "job.final": { status: 409, retry: false, exit: 1 },
  "job.nothing-to-retry": { status: 409, retry: false, exit: 1 },
  "job.guarded": { status: 409, retry: false, exit: 4 },
  "job.cancelled": { status: 409, retry: false, exit: 1 },
  "job.aborted": { status: 409, retry: false, exit: 1 },
  "job.failure-budget": { status: 409, retry: false, exit: 1 },
  "job.confirmation-needed": { status: 428, retry: false, exit: 2 },
  "run.unknown": { status: 404, retry: false, exit: 2 },
  "run.final": { status: 409, retry: false, exit: 1 },
  "run.cancelled": { status: 409, retry: false, exit: 1 },
  "run.already-known": { status: 409, retry: false, exit: 1 },
  "run.ticket-invalid": { status: 403, retry: false, exit: 4 },
  "run.ticket-expired": { status: 403, retry: false, exit: 4 },
  "run.forbidden-by-policy": { status: 403, retry: false, exit: 4 },
  "run.cannot-start": { status: 409, retry: false, exit: 1 },
  "run.time-limit": { status: 408, retry: true, exit: 1 },
  "run.output-limit": { status: 413, retry: false, exit: 1 },
  "run.rebooted": { status: 409, retry: true, exit: 1 },
  "run.vanished": { status: 409, retry: true, exit: 1 },
  "run.deadline": { status: 408, retry: true, exit: 1 },
  "run.spool-full": { status: 503, retry: true, exit: 1 },
  "capability.unknown": { status: 400, retry: false, exit: 2 },
  "output.gone": { status: 410, retry: false, exit: 1 },
  // Tokens, blobs, store
  "token.unknown": { status: 404, retry: false, exit: 2 },
  "blob.unknown": { status: 404, retry: false, exit: 1 },
  "blob.mismatch": { status: 422, retry: false, exit: 1 },
  "store.newer-schema": { status: 500, retry: false, exit: 3 },
  "store.unavailable": { status: 503, retry: true, exit: 3 },
  "store.damaged": { status: 500, retry: false, exit: 3 },
  // Start
  "settings.wrong": { status: 500, retry: false, exit: 2 },
  "listen.in-use": { status: 500, retry: true, exit: 1 },
  "listen.denied": { status: 500, retry: false, exit: 1 },
  "data.unwritable": { status: 500, retry: false, exit: 1 },
  "data.in-use": { status: 500, retry: true, exit: 1 },
  "data.damaged": { status: 500, retry: false, exit: 1 },
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
