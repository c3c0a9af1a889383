/** Whether a server is well, asked beside the link: TLS of our fleet, and an answer of its own that it serves. */
import type { TLSSocket } from "node:tls";
import { FLEET_PROTOCOL } from "@atalaya/protocol";
import { authorityOf } from "./addresses.ts";
import { dialTls, type Dial } from "./dial.ts";

const TIMEOUT_MS = 5_000;
const MOST_BYTES = 1_024;

/** False, whatever goes wrong. A server that stops, or cannot reach its store, says 503 there. */
export async function isWell(dial: Omit<Dial, "protocols" | "timeoutMs">): Promise<boolean> {
  try {
    const socket = await dialTls({ ...dial, protocols: [FLEET_PROTOCOL, "http/1.1"], timeoutMs: TIMEOUT_MS });
    try {
      const line = await statusLine(
        socket,
        `GET /readyz HTTP/1.1\r\nHost: ${authorityOf(dial.address)}\r\nConnection: close\r\n\r\n`,
      );
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1] ?? 0);
      return status >= 200 && status < 500;
    } finally {
      socket.destroy();
    }
  } catch {
    return false;
  }
}

function statusLine(socket: TLSSocket, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const timer = setTimeout(() => reject(new Error("no answer in time")), TIMEOUT_MS);
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (text.includes("\r\n") || text.length > MOST_BYTES) resolve(text);
  });
  socket.on("close", () => reject(new Error("closed before it answered")));
  socket.write(request);
  return promise.finally(() => clearTimeout(timer));
}
