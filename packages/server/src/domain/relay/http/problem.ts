/** What a caller is told when the answer cannot be the host's. */
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from "node:http";
import { AtalayaError } from "@atalaya/protocol";
import { problemOf, PROBLEM_TYPE, retryAfterOf } from "../../../api/problem.ts";
import { requestIdOf } from "../../../api/request-id.ts";

/** As much of a body as is read after its answer, so that a caller who is still sending hears it. */
const MAX_DISCARDED_BYTES = 1024 * 1024;

/** Node's and our own errors of a relayed request, by our codes. */
export function relayFailure(error: unknown): AtalayaError {
  // To a caller it is no time-out of theirs.
  if (error instanceof AtalayaError)
    return error.code === "link.silent" ? new AtalayaError("stream.broken", error.message, { cause: error }) : error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ERR_INVALID_CHAR" || code === "ERR_UNESCAPED_CHARACTERS" || code === "ERR_INVALID_HTTP_TOKEN")
    return new AtalayaError("request.malformed", "The request's headers cannot be passed on.", { cause: error });
  if (code?.startsWith("HPE_") === true)
    return new AtalayaError("relay.broken", `What came back is no HTTP that can be passed on (${code}).`, {
      cause: error,
    });
  return new AtalayaError("relay.broken", `The connection at the host ended before its answer (${code ?? message}).`, {
    cause: error,
  });
}

/** Answers with a problem document; cuts the connection where an answer has begun. */
export function answerProblem(incoming: IncomingMessage, outgoing: ServerResponse, failure: AtalayaError): void {
  if (outgoing.headersSent || outgoing.destroyed) return void outgoing.destroy();
  const problem = problemOf(failure, requestIdOf(incoming.headers["x-request-id"]?.toString()));
  const body = Buffer.from(JSON.stringify(problem));
  const retryAfter = retryAfterOf(failure);
  for (const name of outgoing.getHeaderNames()) outgoing.removeHeader(name);
  outgoing.writeHead(problem.status, STATUS_CODES[problem.status], {
    "Content-Type": PROBLEM_TYPE,
    "Content-Length": body.length,
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": problem.requestId,
    // Where a request cannot be read for certain, nobody knows where the next one begins.
    ...(failure.code === "request.malformed" ? { Connection: "close" } : {}),
    ...(problem.status === 401 ? { "WWW-Authenticate": 'Bearer realm="atalaya"' } : {}),
    ...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
  });
  outgoing.end(incoming.method === "HEAD" ? undefined : body);
  discard(incoming);
}

/** Reads what is left of a body that nobody wants, within reason. */
export function discard(incoming: IncomingMessage): void {
  if (incoming.complete || incoming.destroyed) return;
  let discarded = 0;
  incoming.unpipe();
  incoming.on("data", (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MAX_DISCARDED_BYTES) incoming.destroy();
  });
  incoming.resume();
}
