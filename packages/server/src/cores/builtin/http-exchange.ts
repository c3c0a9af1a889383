import type { IncomingMessage, ServerResponse } from "node:http";
import { AtalayaError } from "@atalaya/protocol";
import { giveBack } from "../../platform/lent-buffers.ts";
import { type IncomingBody, requestBody, tooLarge } from "./http-body.ts";

/** Node's request as the web's; throws `request.malformed` for what no URL can be made of. */
export function webRequest(
  incoming: IncomingMessage,
  options: { readonly body: IncomingBody | undefined; readonly signal: AbortSignal },
): Request {
  try {
    return new Request(urlOf(incoming), {
      method: incoming.method ?? "GET",
      headers: webHeaders(incoming.rawHeaders),
      signal: options.signal,
      ...(options.body === undefined ? {} : { body: options.body.stream, duplex: "half" }),
    });
  } catch (cause) {
    if (cause instanceof AtalayaError) throw cause;
    throw new AtalayaError("request.malformed", "the request's method, target or headers cannot be read", { cause });
  }
}

/** Absent where the request announces none, or its method has none. Throws `request.too-large`. */
export function announcedBody(incoming: IncomingMessage, maxBytes: number): IncomingBody | undefined {
  const { method, headers } = incoming;
  if (method === "GET" || method === "HEAD") return undefined;
  const length = Number(headers["content-length"] ?? 0);
  if (length > maxBytes) throw tooLarge(maxBytes);
  return length > 0 || headers["transfer-encoding"] !== undefined ? requestBody(incoming, maxBytes) : undefined;
}

/** Writes the answer as fast as the client takes it. Resolves when it is written or the client is gone. */
export async function writeResponse(
  response: Response,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  const reader = response.body.getReader();
  const gone = (): void => void reader.cancel().catch(() => undefined);
  outgoing.once("close", gone);
  try {
    await pump(reader, outgoing);
  } catch (cause) {
    // The status is out already: only a cut connection can say that the body is not whole.
    outgoing.destroy();
    throw cause;
  } finally {
    outgoing.off("close", gone);
  }
}

async function pump(reader: ReadableStreamDefaultReader<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  let chunk = await reader.read();
  while (!chunk.done && !outgoing.destroyed) {
    // Most answers are one chunk; known early enough, they leave in one piece with their length. Later nothing is read
    // ahead: of many slow readers each would hold one chunk more.
    const following = outgoing.headersSent ? undefined : reader.read();
    const next = following === undefined ? undefined : await Promise.race([following, nextTurn()]);
    if (next?.done === true) {
      outgoing.end(chunk.value);
      return;
    }
    if (!(await written(outgoing, chunk.value))) return reader.cancel().catch(() => undefined);
    giveBack(chunk.value);
    chunk = await (following ?? reader.read());
  }
  outgoing.end();
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(resolve, undefined));
}

/** Resolves when the bytes have left, true, or never will. */
function written(outgoing: ServerResponse, bytes: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const closed = (): void => resolve(false);
    outgoing.once("close", closed);
    outgoing.write(bytes, (error) => {
      outgoing.off("close", closed);
      resolve(error === undefined || error === null);
    });
  });
}

const authority = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/;

function urlOf(incoming: IncomingMessage): string {
  const host = incoming.headers.host ?? "localhost";
  if (!authority.test(host)) throw new AtalayaError("request.malformed", "the Host header is no name or address");
  const target = incoming.url ?? "/";
  // RFC 9112, 3.2: a proxy's client sends the whole URL; `*` is for OPTIONS.
  if (/^https?:\/\//i.test(target)) return target;
  if (target === "*") return `https://${host}/`;
  if (!target.startsWith("/")) throw new AtalayaError("request.malformed", "the request's target is no path");
  return `https://${host}${target}`;
}

function webHeaders(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let i = 0; i < raw.length; i += 2) headers.append(raw[i]!, raw[i + 1]!);
  return headers;
}
