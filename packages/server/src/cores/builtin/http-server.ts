import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { AtalayaError, failures } from "@atalaya/protocol";
import type { Log } from "../../platform/log/index.ts";
import type { PlaneDoor, Peer } from "../core.ts";
import { announcedBody, webRequest, writeResponse } from "./http-exchange.ts";

interface HttpNeeds {
  readonly plane: PlaneDoor;
  readonly log: Log;
  readonly maxBodyBytes: number;
  readonly peerOf: (socket: TLSSocket, request: IncomingMessage) => Peer;
}

/** Carries one request of Node's to the plane and its answer back. Never throws. */
export function requestListener({ plane, log, maxBodyBytes, peerOf }: HttpNeeds) {
  function carry(incoming: IncomingMessage, outgoing: ServerResponse, peer: Peer): boolean | Error {
    try {
      return plane.carry?.(incoming, outgoing, peer) === true;
    } catch (error) {
      return error instanceof Error ? error : new Error("a request could not be carried", { cause: error });
    }
  }

  return (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const peer = peerOf(incoming.socket as TLSSocket, incoming);
    const carried = carry(incoming, outgoing, peer);
    if (carried === true) return;
    const left = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) left.abort(new Error("the client went away"));
    });
    const answer = async (): Promise<Response> => {
      try {
        if (carried instanceof Error) throw carried;
        const body = announcedBody(incoming, maxBodyBytes);
        outgoing.once("finish", () => body?.discard());
        const request = webRequest(incoming, { body, signal: left.signal });
        return await plane.fetch(request, peer);
      } catch (error) {
        if (!(error instanceof AtalayaError) && !left.signal.aborted)
          log.error({ err: error }, "a request failed outside of all rooms");
        return problem(error);
      }
    };
    answer()
      .then((response) => writeResponse(response, incoming, outgoing))
      .catch((err: unknown) => {
        if (!left.signal.aborted) log.warn({ err }, "an answer could not be written to its end");
      });
  };
}

/** Requests that are no HTTP, too long or too slow: a short answer, then the end. */
export function refuseBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const status =
    error.code === "HPE_HEADER_OVERFLOW"
      ? "431 Request Header Fields Too Large"
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? "408 Request Timeout"
        : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** The same document as the plane's own: a client must not care who refused. */
function problem(error: unknown): Response {
  const code = error instanceof AtalayaError ? error.code : "server.internal";
  const detail = error instanceof AtalayaError ? error.message : "the server could not answer this request";
  const { status, means } = failures[code];
  const requestId = `req_${randomBytes(12).toString("base64url")}`;
  return Response.json(
    { type: `urn:atalaya:problem:${code}`, title: means, status, code, detail, requestId },
    {
      status,
      headers: {
        "content-type": "application/problem+json",
        "x-request-id": requestId,
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      },
    },
  );
}
