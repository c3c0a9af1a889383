import { ClientError } from "../client-error.ts";
import { LIVE_PATH, LIVE_PROTOCOL, type OpenLiveSocket } from "../live/socket.ts";

/** The server closes with this after telling why: the session has ended. */
const UNAUTHENTICATED = 4401;

/** Over the browser's WebSocket. The cookie goes with the request; the server compares its Origin with its own. */
export function browserLiveSocket({
  origin,
  onSignedOut,
}: {
  readonly origin: string;
  readonly onSignedOut: () => void;
}): OpenLiveSocket {
  const url = new URL(LIVE_PATH, origin.replace(/^http/, "ws"));
  return (listener) => {
    const socket = new WebSocket(url, LIVE_PROTOCOL);
    let isOpen = false;
    socket.addEventListener("open", () => {
      isOpen = true;
      listener.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") listener.heard(data);
    });
    socket.addEventListener("close", ({ code }) => {
      if (code === UNAUTHENTICATED) onSignedOut();
      // Why a server refused or went away is hidden from pages; what it said before it closed, the client has heard.
      listener.closed(
        isOpen
          ? undefined
          : new ClientError({ code: "server.unreachable", detail: "The live connection could not be opened." }),
      );
    });
    return {
      send(text) {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      },
      close: () => socket.close(),
    };
  };
}
