/**
 * `fetch` over node:https. Node's own fetch takes a CA only through an undici dispatcher, which must fit the undici
 * inside that very Node; these lines need no dependency and fit every Node from 20 on.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Readable } from "node:stream";
import { unreachable } from "./unreachable.ts";
import type { Trust } from "./trust.ts";

/** Nothing sent or heard for so long: the other end is gone. */
const SILENT_MS = 60_000;

export interface NodeFetch {
  readonly fetch: (request: Request) => Promise<Response>;
  close(): void;
}

export function httpsFetch(trust: Trust): NodeFetch {
  const plain = new HttpAgent({ keepAlive: true });
  let secure: HttpsAgent | undefined;

  async function agentFor(url: URL): Promise<HttpAgent> {
    if (url.protocol === "http:") return plain;
    const ca = await trust.ca();
    secure ??= new HttpsAgent({ keepAlive: true, ...trust.tls, ...(ca === undefined ? {} : { ca }) });
    return secure;
  }

  async function fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
    const agent = await agentFor(url);
    try {
      return await send(request, url, agent, body);
    } catch (error) {
      request.signal.throwIfAborted();
      // The server closed an idle connection in the moment we took it up: it has read nothing of the request.
      if (!(error instanceof StaleConnection)) throw unreachable(url, error);
      return await send(request, url, agent, body).catch((again: unknown) => {
        throw unreachable(url, again instanceof StaleConnection ? again.cause : again);
      });
    }
  }

  return {
    fetch,
    close() {
      plain.destroy();
      secure?.destroy();
    },
  };
}

class StaleConnection extends Error {}

function send(request: Request, url: URL, agent: HttpAgent, body: Buffer | undefined): Promise<Response> {
  const headers: Record<string, string> = Object.fromEntries(request.headers);
  if (body !== undefined) headers["content-length"] = String(body.length);
  return new Promise((resolve, reject) => {
    const outgoing = (url.protocol === "http:" ? httpRequest : httpsRequest)(
      url,
      { method: request.method, headers, agent, signal: request.signal, timeout: SILENT_MS },
      (incoming) => resolve(responseOf(incoming, request.method)),
    );
    outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing heard for ${SILENT_MS / 1000} s`)));
    outgoing.on("error", (cause: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (cause.code === "ECONNRESET" || cause.code === "EPIPE");
      const isSafe = request.method !== "POST" && request.method !== "PATCH";
      reject(isStale && isSafe ? new StaleConnection("the connection was stale", { cause }) : cause);
    });
    outgoing.end(body);
  });
}

function responseOf(incoming: IncomingMessage, method: string): Response {
  const status = incoming.statusCode ?? 500;
  const headers = new Headers();
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.append(incoming.rawHeaders[at]!, incoming.rawHeaders[at + 1]!);
  }
  const isEmpty = method === "HEAD" || status === 204 || status === 304;
  if (isEmpty) incoming.resume();
  const body = isEmpty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
  return new Response(body, { status, statusText: incoming.statusMessage ?? "", headers });
}
