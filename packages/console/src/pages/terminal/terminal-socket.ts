/** A terminal on a host over the browser's WebSocket: binary messages are its bytes, text messages say the rest. */
const PROTOCOL = "atalaya.terminal.v1";

export interface TerminalEvents {
  opened(opening: { readonly account: string; readonly recorded: boolean }): void;
  shows(bytes: Uint8Array): void;
  /** Once. Without a reason: the connection broke. */
  ended(end: {
    readonly exitCode?: number;
    readonly reason?: { readonly code: string; readonly message: string };
  }): void;
}

export interface TerminalLine {
  type(bytes: Uint8Array<ArrayBuffer>): void;
  resize(columns: number, rows: number): void;
  close(): void;
}

export function openTerminal(
  wish: { readonly host: string; readonly columns: number; readonly rows: number; readonly account?: string },
  events: TerminalEvents,
): TerminalLine {
  const { host, ...query } = wish;
  const url = new URL(`/api/v1/hosts/${encodeURIComponent(host)}/terminal`, location.origin.replace(/^http/, "ws"));
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  url.searchParams.set("term", "xterm-256color");
  const socket = new WebSocket(url, PROTOCOL);
  socket.binaryType = "arraybuffer";
  let isOver = false;
  const end: TerminalEvents["ended"] = (how) => {
    if (!isOver) events.ended(how);
    isOver = true;
  };
  socket.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer | string>) => {
    if (typeof data !== "string") return events.shows(new Uint8Array(data));
    const message = JSON.parse(data) as { readonly type: string };
    if (message.type === "opened") events.opened(message as unknown as Parameters<TerminalEvents["opened"]>[0]);
    else if (message.type === "ended") end(message as Parameters<TerminalEvents["ended"]>[0]);
  });
  socket.addEventListener("close", () => end({}));
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  return {
    type(bytes) {
      if (isOpen()) socket.send(bytes);
    },
    resize(columns, rows) {
      if (isOpen()) socket.send(JSON.stringify({ type: "resize", columns, rows }));
    },
    close() {
      isOver = true;
      socket.close();
    },
  };
}
