/** Asks again what may safely be asked again: when the server says that it is only busy, and while it starts anew. */
import { ClientError } from "./client-error.ts";

const ATTEMPTS = 4;
/** Of a connection that was cut or refused: about ten seconds, in which a server has started again. */
const CUT_ATTEMPTS = 5;
const FIRST_CUT_WAIT_MS = 700;
/** A server that asks for more patience than this is told to the caller instead. */
const MAX_WAIT_MS = 30_000;
const FIRST_WAIT_MS = 500;

type Fetch = (request: Request) => Promise<Response>;

export interface RetryNeeds {
  readonly fetch: Fetch;
  /** Rejects when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to 1. */
  random(): number;
}

export function retrying({ fetch, wait, random }: RetryNeeds): Fetch {
  const grown = (firstMs: number, attempt: number) => firstMs * 2 ** (attempt - 1) * (0.5 + random());

  /** Whoever gave the request a key would rather wait than ask in doubt whether it was done. */
  async function throughCuts(request: Request): Promise<Response> {
    const attempts = isKeyed(request) ? CUT_ATTEMPTS : 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetch(attempt < attempts ? request.clone() : request);
      } catch (error) {
        if (attempt >= attempts || !isCut(error)) throw error;
        await wait(grown(FIRST_CUT_WAIT_MS, attempt), request.signal);
      }
    }
  }

  return async (request) => {
    const attempts = isRepeatable(request) ? ATTEMPTS : 1;
    for (let attempt = 1; ; attempt++) {
      const response = await throughCuts(attempt < attempts ? request.clone() : request);
      if ((response.status !== 429 && response.status !== 503) || attempt >= attempts) return response;
      const ms = retryAfterMs(response) ?? grown(FIRST_WAIT_MS, attempt);
      if (ms > MAX_WAIT_MS) return response;
      await response.body?.cancel();
      await wait(ms, request.signal);
    }
  };
}

/** RFC 9110, 9.2.2; a POST is when its key makes the server recognise it. */
function isRepeatable(request: Request): boolean {
  return isKeyed(request) || ["GET", "HEAD", "PUT", "DELETE"].includes(request.method);
}

function isKeyed(request: Request): boolean {
  return request.headers.has("Idempotency-Key");
}

/** As a server's end looks from outside; a name that does not resolve or a network that is away is something else. */
function isCut(error: unknown): boolean {
  if (!(error instanceof ClientError) || error.code !== "server.unreachable") return false;
  const { cause } = error;
  return cause instanceof Error && "code" in cause && CUTS.has(cause.code);
}
const CUTS: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE"]);

/** RFC 9110, 10.2.3; we never send dates. */
function retryAfterMs(response: Response): number | undefined {
  const seconds = response.headers.get("Retry-After");
  return seconds !== null && /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}

export function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(asError(signal.reason));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    if (signal.aborted) aborted();
    else signal.addEventListener("abort", aborted, { once: true });
  });
}

/** Whatever a signal was aborted with. */
export function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}
