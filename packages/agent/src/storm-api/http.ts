/** HTTP on a stream of a relay: Node's own parser, no socket that listens. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError, failures, looksAtAgentApi } from "@atalaya/protocol";
import { failureOf, type Log } from "../platform/log.ts";
import type { Reply, Routed } from "./call.ts";
import { route } from "./routes.ts";
import type { ApiCaller, Deeds } from "./deeds.ts";

const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** Returns what serves one connection; whoever is at its other end is known by then. */
export function stormApi(deeds: Deeds, log: Log): (bytes: Duplex, caller: ApiCaller) => void {
  const callers = new WeakMap<object, ApiCaller>();
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (request, response) => {
      const caller = callers.get(request.socket)!;
      void answer(request, caller).then(
        (reply) => send(response, request.method, reply),
        (error: unknown) => send(response, request.method, refusal(error)),
      );
    },
  );
  // A package may take its time.
  server.setTimeout(0);

  async function answer(request: IncomingMessage, caller: ApiCaller): Promise<Reply> {
    const { pathname } = new URL(request.url ?? "/", "http://agent");
    const body = await bodyOf(request);
    const routed: Routed = { method: request.method ?? "GET", path: pathname.replace(/^\/+/, "/"), body };
    // Whoever reads this host's own log finds who changed it. Bodies may hold secrets.
    const { method, path } = routed;
    if (!looksAtAgentApi(method)) log.info("api.asked", { user: caller.user, method, path });
    return route(routed, caller, deeds);
  }

  function refusal(error: unknown): Reply {
    const { message } = failureOf(error);
    if (!(error instanceof AtalayaError)) log.error("api.failed", { message });
    const code = error instanceof AtalayaError ? error.code : "capability.failed";
    return {
      status: failures[code].status,
      body: { error: error instanceof AtalayaError ? message : "the agent could not do it", code },
    };
  }

  return (bytes, caller) => {
    callers.set(bytes, caller);
    bytes.on("error", () => undefined);
    server.emit("connection", bytes);
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES)
      throw new AtalayaError("request.too-large", `a body has ${MAX_BODY_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    throw new AtalayaError("request.malformed", "the body is not JSON");
  }
}

/** JSON with two spaces, as the original; its own errors were text with a stack trace, which nobody misses. */
function send(response: ServerResponse, method: string | undefined, { status, body }: Reply): void {
  const text = body === undefined ? "" : JSON.stringify(body, undefined, 2);
  response.statusCode = status;
  if (text !== "") response.setHeader("content-type", "application/json; charset=utf-8");
  if (status !== 204) response.setHeader("content-length", Buffer.byteLength(text));
  response.end(method === "HEAD" ? undefined : text);
}
