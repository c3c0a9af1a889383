/** What a bolt does with a relayed request: the receiver's rules and replies of the originals. */
import { request } from "node:http";
import type { WireStream } from "./wire.ts";

/** Where a port that the peer may reach really leads; the original goes to loopback at that port. */
export type Targets = Readonly<Record<number, number>>;

export interface Relayed {
  readonly port: number;
  readonly method: string;
  readonly url: string;
  readonly data?: unknown;
}

export interface RelayingOptions {
  readonly targets: Targets;
  /** The original waits 20 s for the local server. */
  readonly timeoutMs?: number;
  readonly asked?: (relayed: Relayed) => void;
}

export function serveRelay(stream: WireStream, { targets, timeoutMs = 20_000, asked }: RelayingOptions): void {
  const port = Number(stream.meta.slice("relay:".length));
  const target = targets[port];
  if (target === undefined) {
    stream.end();
    stream.close();
    return;
  }
  const frames: unknown[] = [];
  const reply = (statusCode: number, headers: unknown): void => stream.write(JSON.stringify({ statusCode, headers }));
  const finish = (): void => {
    stream.end();
    stream.close();
  };
  stream.events.on("data", (chunk) => frames.push(chunk));
  stream.events.on("end", () => {
    const preamble = JSON.parse(String(frames[0])) as { method: string; url: string; data?: unknown };
    const url = preamble.url.startsWith("/") ? preamble.url : `/${preamble.url}`;
    asked?.({ port, ...preamble, url });
    let isOver = false;
    const call = request(
      {
        ...{ host: "127.0.0.1", port: target, method: preamble.method, path: url },
        headers: { "content-type": "application/json", connection: "close" },
      },
      (response) => {
        if (isOver) return;
        reply(response.statusCode ?? 500, response.headers);
        // Forced through UTF-8, chunk by chunk.
        response.on("data", (chunk: Buffer) => stream.write(chunk.toString("utf8")));
        response.on("end", () => over(finish));
      },
    );
    const over = (act: () => void): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      act();
    };
    const fail = (status: number): void =>
      over(() => {
        reply(status, null);
        finish();
      });
    const timer = setTimeout(() => fail(408), timeoutMs);
    call.on("error", () => fail(500));
    stream.events.on("close", () => over(() => call.destroy()));
    if (preamble.data !== undefined) call.write(JSON.stringify(preamble.data));
    call.end();
  });
}
