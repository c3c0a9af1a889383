/** Between Node's requests and answers and those of the web, spelled as the original spells them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { AtalayaError } from "@atalaya/protocol";
import { problemOf, PROBLEM_TYPE } from "../../api/problem.ts";
import { requestIdOf } from "../../api/request-id.ts";
import type { Peer } from "../../cores/core.ts";

const MAX_BODY_BYTES = 1024 * 1024;

export function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}

export function peerOf(incoming: IncomingMessage): Peer {
  const certificate = (incoming.socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  return {
    door: "tower",
    address: addressOf(incoming),
    port: incoming.socket.remotePort ?? 0,
    hostName: async () => undefined,
    ...(certificate === undefined ? {} : { certificate }),
    raw: { target: incoming.url ?? "", headers: incoming.rawHeaders, httpVersion: incoming.httpVersion },
  };
}

/** Throws `request.too-large`, `request.malformed`. */
export function webRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", headers, url = "/" } = incoming;
  const length = Number(headers["content-length"] ?? 0);
  if (length > MAX_BODY_BYTES) throw new AtalayaError("request.too-large", "The body is too large.");
  const hasBody = method !== "GET" && method !== "HEAD" && (length > 0 || headers["transfer-encoding"] !== undefined);
  try {
    const web = new Headers();
    for (let i = 0; i < incoming.rawHeaders.length; i += 2)
      web.append(incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!);
    // A path that begins with two slashes is a path, and names no other server.
    return new Request(url.startsWith("/") ? new URL(`http://tower${url}`) : new URL(url), {
      method,
      headers: web,
      signal,
      ...(hasBody
        ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array<ArrayBuffer>>, duplex: "half" as const }
        : {}),
    });
  } catch (cause) {
    throw new AtalayaError("request.malformed", "The request cannot be read.", { cause });
  }
}

/** As the original spells it. */
const SPELLED: ReadonlyMap<string, string> = new Map(
  ["Content-MD5", "Content-Type", "Content-Length", "ETag", "Link", "Atalaya-Revision", "Cache-Control"].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** Writes the answer as fast as the caller takes it. */
export async function writeAnswer(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.statusCode = response.status;
  // Not over plain HTTP, where anybody on the way could have written it (RFC 6797, 7.2).
  const omitted = isEncrypted(incoming) ? undefined : "strict-transport-security";
  for (const [name, value] of response.headers)
    if (name !== omitted) outgoing.setHeader(SPELLED.get(name) ?? name, value);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  outgoing.once("close", () => void reader.cancel().catch(() => undefined));
  outgoing.flushHeaders();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(next.value)) await drained(outgoing);
  }
  outgoing.end();
}

function isEncrypted({ socket }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.once("drain", done).once("close", done);
  });
}

export function failureOf(error: unknown): AtalayaError {
  return error instanceof AtalayaError
    ? error
    : new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error });
}

/** As a problem (RFC 9457), where no route was reached. */
export function refuse(outgoing: ServerResponse, error: unknown): void {
  const problem = problemOf(failureOf(error), requestIdOf(undefined));
  const body = JSON.stringify(problem);
  outgoing.writeHead(problem.status, { "Content-Type": PROBLEM_TYPE, "Content-Length": Buffer.byteLength(body) });
  outgoing.end(outgoing.req.method === "HEAD" ? undefined : body);
}
