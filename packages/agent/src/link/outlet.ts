import { OUTPUT_HEADER_BYTES, type AgentFrame } from "@atalaya/protocol";
import { WebSocket } from "ws";
import type { Outlet } from "../runs/outlet.ts";

/** Unsent bytes in the socket at which output waits. */
const SOCKET_BYTES = 2 * 1024 * 1024;
/** Output sent on this link and not yet committed. */
const LINK_WINDOW_BYTES = 16 * 1024 * 1024;
/** Where runs send to while this link lives. `room` is told when there is room for output again. */
export function outletOf(ws: WebSocket, send: (frame: AgentFrame) => void, room: () => void): Outlet {
  let inFlight = 0;
  let full = false;
  const hasRoom = (): boolean => inFlight < LINK_WINDOW_BYTES && ws.bufferedAmount < SOCKET_BYTES;
  const look = (): void => {
    if (!full || !hasRoom()) return;
    full = false;
    room();
  };
  return {
    send,
    output(frame) {
      if (ws.readyState !== WebSocket.OPEN) return;
      inFlight += frame.length - OUTPUT_HEADER_BYTES;
      ws.send(frame, { binary: true }, look);
    },
    committed(bytes) {
      inFlight -= bytes;
      look();
    },
    hasRoom() {
      const free = hasRoom();
      if (!free) full = true;
      return free;
    },
  };
}
