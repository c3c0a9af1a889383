import { WebSocket } from "ws";
import { errorOf } from "../client-error.ts";
import { LIVE_PATH, LIVE_PROTOCOL, type OpenLiveSocket } from "../live/socket.ts";
import type { Trust } from "./trust.ts";
import { unreachable } from "./unreachable.ts";

/** The server pings every 20 s: after three missed ones nobody is there any more. */
const SILENT_MS = 65_000;
const CONNECT_WITHIN_MS = 10_000;

/** Over `ws`: the token goes into a header, so it is checked before there is a WebSocket. */
export function nodeLiveSocket(needs: {
  readonly url: string;
  readonly token?: () => string | undefined;
  readonly trust: Trust;
}): OpenLiveSocket {
  const url = new URL(LIVE_PATH, needs.url);
  return (listener) => {
    let socket: WebSocket | undefined;
    let closed = false;
    let failure: Promise<Error> | undefined;
    let silence: NodeJS.Timeout | undefined;

    function alive(): void {
      clearTimeout(silence);
      silence = setTimeout(() => socket?.terminate(), SILENT_MS);
    }

    async function open(): Promise<void> {
      const ca = url.protocol === "https:" ? await needs.trust.ca() : undefined;
      if (closed) return;
      const token = needs.token?.();
      const opened = new WebSocket(url, LIVE_PROTOCOL, {
        handshakeTimeout: CONNECT_WITHIN_MS,
        perMessageDeflate: false,
        ...needs.trust.tls,
        ...(ca === undefined ? {} : { ca }),
        ...(token === undefined ? {} : { headers: { Authorization: `Bearer ${token}` } }),
      });
      socket = opened;
      opened.on("open", () => {
        alive();
        listener.opened();
      });
      opened.on("message", (data) => {
        alive();
        listener.heard((data as Buffer).toString("utf8"));
      });
      opened.on("ping", alive);
      let isReplaced = false;
      opened.on("unexpected-response", (_request, response) => {
        // The server has started meanwhile and written a new token: nobody was refused.
        isReplaced = response.statusCode === 401 && needs.token?.() !== token;
        const chunks: Buffer[] = [];
        failure = new Promise((resolve) => {
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("close", () => {
            const status = response.statusCode ?? 500;
            resolve(errorOf(new Response(Buffer.concat(chunks), { status })));
          });
        });
        void failure.then(() => opened.terminate());
      });
      opened.on("error", (error) => {
        failure ??= Promise.resolve(unreachable(url, error));
      });
      opened.on("close", () => {
        clearTimeout(silence);
        if (isReplaced && !closed) return dial();
        void Promise.resolve(failure).then((error) => listener.closed(error));
      });
    }

    function dial(): void {
      failure = undefined;
      open().catch((error: unknown) => listener.closed(unreachable(url, error)));
    }

    dial();
    return {
      send: (text) => socket?.send(text),
      close() {
        closed = true;
        socket?.close();
      },
    };
  };
}
