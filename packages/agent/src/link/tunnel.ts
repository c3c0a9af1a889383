/** A tunnel through somebody who carries bytes on (RFC 9110, 9.3.6): a proxy, or a waypoint. */
import type { Duplex } from "node:stream";
import { AtalayaError, isFailureCode, WAYPOINT_FAILURE } from "@atalaya/protocol";

export interface Tunnel {
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Who is asked, for sentences. */
  readonly by: string;
}

/** The headers of an answer, by lower-case names. */
export type TunnelHeaders = ReadonlyMap<string, string>;

const MAX_HEAD_BYTES = 16_384;

/** Asks over a connection that is open; it is paused afterwards, and destroyed on failure. Throws `host.offline`, or the code that a waypoint names. */
export function openTunnelOver(socket: Duplex, tunnel: Tunnel, signal: AbortSignal): Promise<TunnelHeaders> {
  const { target, headers = {}, by } = tunnel;
  return new Promise((resolve, reject) => {
    let head = "";
    const leave = (): void => {
      socket.off("data", onData).off("error", onError).off("end", onEnd).off("close", onEnd);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (failure: AtalayaError): void => {
      leave();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(failure);
    };
    const offline = (sentence: string, cause?: unknown): void =>
      fail(new AtalayaError("host.offline", `${by} ${sentence}`, { cause }));
    const onAbort = (): void => offline("did not answer in time");
    const onError = (error: Error): void => offline(`broke the connection: ${error.message}`, error);
    const onEnd = (): void => offline("closed the connection");
    const onData = (data: Buffer): void => {
      head += data.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) {
        if (head.length > MAX_HEAD_BYTES) offline("answered with an endless header");
        return;
      }
      const [first = "", ...lines] = head.slice(0, end).split("\r\n");
      const said = headersOf(lines);
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1];
      if (status === undefined || !status.startsWith("2")) {
        const code = said.get(WAYPOINT_FAILURE);
        const sentence = `refused the tunnel to ${target} (${status ?? "no HTTP"})`;
        return isFailureCode(code) ? fail(new AtalayaError(code, `${by} ${sentence}`)) : offline(sentence);
      }
      leave();
      socket.pause();
      const rest = head.slice(end + 4);
      if (rest !== "") socket.unshift(Buffer.from(rest, "latin1"));
      resolve(said);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("data", onData).on("error", onError).on("end", onEnd).on("close", onEnd);
    const lines = Object.entries({ Host: target, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`CONNECT ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  });
}

function headersOf(lines: readonly string[]): TunnelHeaders {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
