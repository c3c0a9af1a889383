/** A terminal on a host, over `ws`: binary messages are its bytes, text messages say the rest. */
import { WebSocket, type RawData } from "ws";
import { ClientError } from "../client-error.ts";
import { cutWhenSilent, dialer, onRefusal } from "./dial.ts";
import type { Trust } from "./trust.ts";
import { unreachable } from "./unreachable.ts";

const PROTOCOL = "atalaya.terminal.v1";
const CONNECT_WITHIN_MS = 10_000;
/** Unsent bytes at which whoever types waits. */
const UNSENT_BYTES = 256 * 1024;

export interface TerminalWish {
  /** Id or name. */
  readonly host: string;
  readonly columns: number;
  readonly rows: number;
  /** The account on the host; absent: one's own there, as the server's rules say. */
  readonly account?: string;
  /** As `TERM` and `LANG` say it. */
  readonly term?: string;
  readonly lang?: string;
}

export interface TerminalOpening {
  readonly account: string;
  readonly host: { readonly id: string; readonly name: string };
  /** The server keeps what the screen shows. */
  readonly recorded: boolean;
}

export interface TerminalHandlers {
  opened(opening: TerminalOpening): void;
  /** A promise is waited for before more is read. */
  shows(bytes: Uint8Array): Promise<void> | void;
}

export interface TerminalSession {
  /** Resolves when there is room for more. */
  type(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Nothing more will be typed: as Ctrl-D, for whoever reads. */
  endInput(): void;
  /** Leaves: the terminal ends. */
  close(): void;
  /** The shell's exit status. Rejects with why the terminal never was, or was cut. */
  readonly ended: Promise<number>;
}

export type OpenTerminal = (wish: TerminalWish, handlers: TerminalHandlers) => TerminalSession;

export function nodeTerminals(needs: {
  readonly url: string;
  readonly token?: () => string | undefined;
  readonly trust: Trust;
}): OpenTerminal {
  return (wish, handlers) => {
    const { host, ...query } = wish;
    const url = new URL(`/api/v1/hosts/${encodeURIComponent(host)}/terminal`, needs.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
    const end = Promise.withResolvers<number>();
    // Whoever only types hears of it by `ended`, when it looks.
    end.promise.catch(() => undefined);
    /** The host has opened it, or there never will be one: until then what is typed waits. */
    const ready = Promise.withResolvers<void>();
    const settled = (): void => ready.resolve();
    end.promise.then(settled, settled);
    let socket: WebSocket | undefined;
    let closed = false;
    let drained: PromiseWithResolvers<void> | undefined;

    function hear(data: Buffer, isBinary: boolean, from: WebSocket): void {
      if (!isBinary) return read(data.toString("utf8"));
      const shown = handlers.shows(data);
      if (shown === undefined) return;
      from.pause();
      void shown.then(() => from.resume());
    }

    function read(text: string): void {
      const message = JSON.parse(text) as
        | ({ readonly type: "opened" } & TerminalOpening)
        | {
            readonly type: "ended";
            readonly exitCode?: number;
            readonly reason?: { readonly code: string; readonly message: string };
          };
      if (message.type === "opened") {
        ready.resolve();
        return handlers.opened(message);
      }
      if (message.type !== "ended") return;
      const { exitCode, reason } = message;
      if (exitCode !== undefined) end.resolve(exitCode);
      else end.reject(cut(reason));
    }

    async function open(): Promise<void> {
      const dialWith = await dialer(url, PROTOCOL, { trust: needs.trust, withinMs: CONNECT_WITHIN_MS });
      if (closed) return;
      const opened = dialWith(needs.token?.());
      socket = opened;
      cutWhenSilent(opened);
      opened.on("message", (data: RawData, isBinary) => hear(data as Buffer, isBinary, opened));
      onRefusal(opened, (why) => void why.then(end.reject));
      opened.on("error", (error) => end.reject(unreachable(url, error)));
      opened.on("close", () => {
        drained?.resolve();
        end.reject(cut(undefined));
      });
    }

    open().catch((error: unknown) => end.reject(unreachable(url, error)));
    return {
      ended: end.promise,
      async type(bytes) {
        await ready.promise;
        if (socket?.readyState !== WebSocket.OPEN) return;
        socket.send(bytes, { binary: true }, () => {
          if (drained === undefined || (socket?.bufferedAmount ?? 0) >= UNSENT_BYTES) return;
          drained.resolve();
          drained = undefined;
        });
        if (socket.bufferedAmount < UNSENT_BYTES) return;
        drained ??= Promise.withResolvers();
        await drained.promise;
      },
      resize: (columns, rows) => say({ type: "resize", columns, rows }),
      endInput: () => void ready.promise.then(() => say({ type: "end" })),
      close() {
        closed = true;
        socket?.close();
        end.reject(cut(undefined));
      },
    };

    function say(message: object): void {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    }
  };
}

function cut(reason: { readonly code: string; readonly message: string } | undefined): ClientError {
  return new ClientError({ code: reason?.code ?? "stream.broken", detail: reason?.message ?? "The terminal was cut." });
}
