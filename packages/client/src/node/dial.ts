/** How a WebSocket to the server is dialled, watched, and how a refusal is read: the same for live streams, terminals and relays. */
import { WebSocket } from "ws";
import { errorOf } from "../client-error.ts";
import type { Trust } from "./trust.ts";

/** The server pings every 20 s: after three missed ones nobody is there any more. */
const SILENT_MS = 65_000;

/** Resolves, when the server's CA is known, with what dials. The token goes into a header, so it is checked before there is a WebSocket. */
export async function dialer(
  url: URL,
  protocol: string,
  { trust, withinMs }: { readonly trust: Trust; readonly withinMs: number },
): Promise<(token: string | undefined) => WebSocket> {
  const ca = url.protocol === "https:" ? await trust.ca() : undefined;
  return (token) =>
    new WebSocket(url.href.replace(/^http/, "ws"), protocol, {
      handshakeTimeout: withinMs,
      perMessageDeflate: false,
      ...trust.tls,
      ...(ca === undefined ? {} : { ca }),
      ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
    });
}

/** Hears that the server answered instead of upgrading: `why` is its problem. The socket is over once that is read. */
export function onRefusal(socket: WebSocket, refused: (why: Promise<Error>, status: number) => void): void {
  socket.on("unexpected-response", (_request, response) => {
    const status = response.statusCode ?? 500;
    const chunks: Buffer[] = [];
    const why = new Promise<Error>((resolve) => {
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("close", () => resolve(errorOf(new Response(Buffer.concat(chunks), { status }))));
    });
    refused(why, status);
    void why.then(() => socket.terminate());
  });
}

/** Cuts a socket from which nothing comes, not even a ping. While it is paused, nothing can. */
export function cutWhenSilent(socket: WebSocket): void {
  let silence: NodeJS.Timeout | undefined;
  function alive(): void {
    clearTimeout(silence);
    silence = setTimeout(() => (socket.isPaused ? alive() : socket.terminate()), SILENT_MS);
  }
  socket.on("open", alive).on("ping", alive).on("message", alive);
  socket.on("close", () => clearTimeout(silence));
}
