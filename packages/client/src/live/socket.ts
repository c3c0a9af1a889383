/** What the live client needs of a WebSocket, so that Node and browsers can each bring theirs. */
export const LIVE_PATH = "/api/v1/live";
export const LIVE_PROTOCOL = "atalaya.live.v1";

export interface LiveSocket {
  send(text: string): void;
  close(): void;
}

export interface LiveSocketListener {
  /** Connected, and allowed or about to be. */
  opened(): void;
  heard(text: string): void;
  /** Called once. `error` tells why it never opened or broke, where that is known. */
  closed(error: Error | undefined): void;
}

/** Begins to connect; nothing is told before it returns. */
export type OpenLiveSocket = (listener: LiveSocketListener) => LiveSocket;
