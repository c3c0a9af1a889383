/** Carries one HTTP request to a port of a host and its answer back, as their bytes come. */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream";
import { pipeline as pipelineDone } from "node:stream/promises";
import { AtalayaError } from "@atalaya/protocol";
import type { AuditDoor } from "../../../api/audit.ts";
import type { Log } from "../../../platform/log/index.ts";
import type { DirectoryHost } from "../../fleet/index.ts";
import { beginDeed, type Deed } from "../deeds.ts";
import type { Relay, RelayAsk, RelayTarget } from "../relay.ts";
import { framing, type HeaderPair, type RawHeaders } from "./headers.ts";
import { answerProblem, discard, relayFailure } from "./problem.ts";
import type { Upstream } from "./upstream.ts";

/** How headers are changed on their way; hop-by-hop ones are gone afterwards. */
export interface Dress {
  request(raw: RawHeaders): readonly HeaderPair[];
  response(raw: RawHeaders, status: number): readonly HeaderPair[];
}

export interface Carried {
  readonly incoming: IncomingMessage;
  readonly host: DirectoryHost;
  readonly target: RelayTarget;
  readonly ask: Omit<RelayAsk, "signal">;
  /** Checked by `checkedPath`. */
  readonly path: string;
  readonly dress: Dress;
}

export interface CarryNeeds {
  readonly relay: Pick<Relay, "open" | "exchange" | "carriesBytes">;
  readonly upstream: Upstream;
  readonly audit: AuditDoor;
  readonly log: Log;
  /** How long a host may take to begin its answer, once it has the whole request. */
  readonly answerMs: number;
  /** How long a caller may take between two pieces of its body. */
  readonly bodyMs: number;
}

/** May be asked twice without harm (RFC 9110, 9.2.1). */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** Of which Node expects no body either. */
const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/** Never throws: whatever happens is answered, or cuts the connection where an answer has begun. */
export async function carry(needs: CarryNeeds, carried: Carried, outgoing: ServerResponse): Promise<void> {
  const { incoming, host, target } = carried;
  const began = performance.now();
  const left = new AbortController();
  outgoing.once("close", () => {
    if (!outgoing.writableFinished) left.abort(new AtalayaError("stream.broken", "The caller has left."));
  });
  let deed: Deed | undefined;
  let failure: AtalayaError | undefined;
  try {
    deed = await beginDeed(needs.audit, carried);
    if (needs.relay.carriesBytes(host)) await carryBytes(needs, carried, outgoing, left.signal);
    else await carryExchange(needs, carried, outgoing, left.signal);
  } catch (error) {
    failure = relayFailure(error);
    if (!left.signal.aborted) needs.log.info({ host: host.name, code: failure.code }, failure.message);
    answerProblem(incoming, outgoing, failure);
  }
  deed
    ?.end(outgoing.statusCode, failure)
    .catch((err: unknown) => needs.log.error({ err }, "a relayed deed could not be told"));
  needs.log.info(
    {
      method: incoming.method,
      host: host.name,
      port: target.port,
      status: outgoing.statusCode,
      ms: Math.round(performance.now() - began),
      actor: carried.ask.actor.name,
      address: carried.ask.address,
    },
    "relayed",
  );
}

async function carryBytes(
  needs: CarryNeeds,
  carried: Carried,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { incoming, dress } = carried;
  const body = framing(incoming.headers);
  const method = incoming.method ?? "GET";
  // Node would send chunks where nothing says that there are none, which old services cannot read.
  const length = body ?? (BODILESS.has(method) ? undefined : (["Content-Length", "0"] as const));
  const headers = [...dress.request(incoming.rawHeaders), ...(length === undefined ? [] : [length])].flat();
  const wish = { ...carried, ask: { ...carried.ask, signal }, method, headers };
  try {
    await attempt(needs, needs.upstream.request(wish), carried, outgoing, signal);
  } catch (error) {
    // A kept connection may have ended in the very moment that it was used again.
    if (!(error instanceof StaleConnection) || body !== undefined || !SAFE.has(method)) throw causeOf(error);
    await attempt(needs, needs.upstream.request({ ...wish, fresh: true }), carried, outgoing, signal).catch((cause) => {
      throw causeOf(cause);
    });
  }
}

/** Nothing came back over a connection that others had before. */
class StaleConnection extends Error {}

function causeOf(error: unknown): unknown {
  return error instanceof StaleConnection ? error.cause : error;
}

function attempt(
  { answerMs, bodyMs }: CarryNeeds,
  request: ClientRequest,
  { incoming, dress }: Carried,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let answered = false;
    let isLate = false;
    let timer = setTimeout(late, incoming.complete ? answerMs : bodyMs);
    const leave = (): void => void request.destroy(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
    const over = (error?: Error): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
      if (error === undefined) return resolve();
      const isStale = request.reusedSocket && !answered && !isLate && !signal.aborted;
      reject(isStale ? new StaleConnection("", { cause: error }) : error);
    };

    function late(): void {
      isLate = true;
      request.destroy(
        incoming.complete || incoming.readableEnded
          ? new AtalayaError("relay.timed-out", `The host did not begin its answer within ${answerMs} ms.`)
          : new AtalayaError("relay.caller-slow", `The rest of the request did not come within ${bodyMs} ms.`),
      );
    }
    function again(ms: number): void {
      clearTimeout(timer);
      if (!answered) timer = setTimeout(late, ms);
    }

    request.on("information", ({ statusCode, headers }) => {
      const { link } = headers;
      if (statusCode === 103 && link !== undefined && !outgoing.headersSent) outgoing.writeEarlyHints({ link });
      again(answerMs);
    });
    request.once("response", (response) => {
      answered = true;
      clearTimeout(timer);
      try {
        begin(response, outgoing, dress);
      } catch (error) {
        response.destroy();
        return over(error as Error);
      }
      response.once("end", () => addTrailers(response, outgoing));
      pipeline(response, outgoing, (error) => {
        if (error === null || error === undefined) {
          // Who answered before the body's end wants no more of it.
          if (!request.writableFinished) request.destroy();
          discard(incoming);
          return over();
        }
        request.destroy();
        over(error);
      });
    });
    request.once("error", (error) => {
      // The answer's own end tells what became of it.
      if (!answered) over(error);
    });
    request.once("close", () => {
      if (!answered) over(new AtalayaError("relay.broken", "The connection at the host ended before its answer."));
    });
    request.once("upgrade", (_, socket) => {
      socket.destroy();
      over(new AtalayaError("relay.broken", "The host switched protocols, which nobody asked for."));
    });

    if (incoming.readableEnded || (incoming.complete && incoming.readableLength === 0)) return void request.end();
    incoming.on("data", () => again(bodyMs));
    incoming.once("end", () => {
      if (incoming.rawTrailers.length > 0) request.addTrailers(asPairs(incoming.rawTrailers));
      again(answerMs);
    });
    incoming.pipe(request);
  });
}

function begin(response: IncomingMessage, outgoing: ServerResponse, dress: Dress): void {
  const status = response.statusCode ?? 502;
  const headers = dress.response(response.rawHeaders, status).flat();
  // Date is the host's, where it says one.
  outgoing.sendDate = response.headers.date === undefined;
  outgoing.writeHead(status, headers);
}

function addTrailers(response: IncomingMessage, outgoing: ServerResponse): void {
  if (response.rawTrailers.length === 0 || outgoing.writableEnded) return;
  if (outgoing.chunkedEncoding) outgoing.addTrailers(asPairs(response.rawTrailers));
}

function asPairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, n): [string, string] => [raw[2 * n]!, raw[2 * n + 1]!]);
}

async function carryExchange(
  { relay, answerMs }: CarryNeeds,
  { incoming, host, target, ask, path, dress }: Carried,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const body = framing(incoming.headers);
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(new AtalayaError("relay.timed-out", `The host did not answer within ${answerMs} ms.`)),
    answerMs,
  );
  const request = {
    method: incoming.method ?? "GET",
    path,
    headers: dress.request(incoming.rawHeaders),
    ...(body === undefined ? {} : { body: incoming }),
  };
  const answer = await relay
    .exchange(host, target, request, { ...ask, signal: AbortSignal.any([signal, late.signal]) })
    .catch((error: unknown) => {
      throw late.signal.aborted ? late.signal.reason : error;
    })
    .finally(() => clearTimeout(timer));
  outgoing.writeHead(answer.status, dress.response(answer.headers.flat(), answer.status).flat());
  await pipelineDone(answer.body, outgoing);
  discard(incoming);
}
