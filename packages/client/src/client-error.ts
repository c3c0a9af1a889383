import { failures } from "./generated/failures.ts";

export type FailureCode = keyof typeof failures;

/** A failure as the server told it, or `server.unreachable` and `server.untrusted` where none could tell. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  /** Known to this client's table, unless the server is newer. */
  readonly code: FailureCode | (string & {});
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  readonly detail: string;
  readonly next: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly requestId: string | undefined;

  constructor(failure: {
    readonly code: string;
    readonly detail: string;
    readonly status?: number | undefined;
    readonly next?: string | undefined;
    readonly details?: Readonly<Record<string, unknown>> | undefined;
    readonly requestId?: string | undefined;
    readonly cause?: unknown;
  }) {
    super(failure.detail, failure.cause === undefined ? undefined : { cause: failure.cause });
    this.code = failure.code;
    this.status = failure.status;
    this.detail = failure.detail;
    this.next = failure.next;
    this.details = failure.details;
    this.requestId = failure.requestId;
  }
}

/** What a program ends with when it fails with this code. A code of a newer server counts as "some did not succeed". */
export function exitStatusOf(code: string): number {
  return isKnown(code) ? failures[code].exit : 1;
}

/** Whether the same may succeed later. */
export function mayRetry(code: string): boolean {
  return isKnown(code) && failures[code].retry;
}

function isKnown(code: string): code is FailureCode {
  return Object.hasOwn(failures, code);
}

/** Reads a problem document; an answer that is none (a proxy's page, say) becomes one by its status. */
export async function errorOf(response: Response): Promise<ClientError> {
  const text = await response.text().catch(() => "");
  const problem = readProblem(text);
  if (problem !== undefined) return new ClientError({ ...problem, status: response.status });
  return new ClientError({
    code: response.status >= 500 ? "server.internal" : "request.malformed",
    detail: `The server answered ${response.status} ${response.statusText}`.trim() + " without saying why.",
    status: response.status,
  });
}

function readProblem(text: string) {
  try {
    const { code, detail, next, details, requestId } = JSON.parse(text) as Record<string, unknown>;
    if (typeof code !== "string" || typeof detail !== "string") return undefined;
    return {
      code,
      detail,
      next: typeof next === "string" ? next : undefined,
      details: typeof details === "object" && details !== null ? (details as Record<string, unknown>) : undefined,
      requestId: typeof requestId === "string" ? requestId : undefined,
    };
  } catch {
    return undefined;
  }
}
