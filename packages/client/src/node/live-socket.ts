import type { WebSocket } from "ws";
import { LIVE_PATH, LIVE_PROTOCOL, type OpenLiveSocket } from "../live/socket.ts";
import { cutWhenSilent, dialer, onRefusal } from "./dial.ts";
import type { Trust } from "./trust.ts";
import { unreachable } from "./unreachable.ts";

const CONNECT_WITHIN_MS = 10_000;

/** Over `ws`. */
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

    async function open(): Promise<void> {
      const dialWith = await dialer(url, LIVE_PROTOCOL, { trust: needs.trust, withinMs: CONNECT_WITHIN_MS });
      if (closed) return;
      const token = needs.token?.();
      const opened = dialWith(token);
      socket = opened;
      cutWhenSilent(opened);
      opened.on("open", () => listener.opened());
      opened.on("message", (data) => listener.heard((data as Buffer).toString("utf8")));
      let isReplaced = false;
      onRefusal(opened, (why, status) => {
        // The server has started meanwhile and written a new token: nobody was refused.
        isReplaced = status === 401 && needs.token?.() !== token;
        failure = why;
      });
      opened.on("error", (error) => {
        failure ??= Promise.resolve(unreachable(url, error));
      });
      opened.on("close", () => {
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
