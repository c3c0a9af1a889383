import type { AtalayaError } from "@atalaya/protocol";
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { problemOf, PROBLEM_TYPE, retryAfterOf } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

/** Answers an upgrade with a problem document instead, and closes. */
export function refuseUpgrade(socket: Duplex, error: AtalayaError, givenRequestId: string | undefined): void {
  const problem = problemOf(error, requestIdOf(givenRequestId));
  const body = JSON.stringify(problem);
  const retryAfter = retryAfterOf(error);
  const lines = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Refused"}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${problem.requestId}`,
    "Cache-Control: no-store",
    ...(problem.status === 401 ? ['WWW-Authenticate: Bearer realm="atalaya"'] : []),
    ...(retryAfter === undefined ? [] : [`Retry-After: ${retryAfter}`]),
    "Connection: close",
  ];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}
