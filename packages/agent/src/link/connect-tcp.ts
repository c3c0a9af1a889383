import { connect, type Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";

/** A TCP connection. Throws `host.offline` with `who` in its sentence. */
export function connectTcp(
  to: { readonly host: string; readonly port: number },
  who: string,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...to, autoSelectFamily: true, noDelay: true, keepAlive: true });
    const leave = (): void => {
      socket.off("error", onError);
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (sentence: string, cause?: unknown): void => {
      leave();
      socket.on("error", () => undefined);
      socket.destroy();
      reject(new AtalayaError("host.offline", `${who} ${sentence}`, { cause }));
    };
    const onAbort = (): void => fail("did not answer in time");
    const onError = (error: Error & { readonly code?: unknown }): void =>
      fail(`cannot be reached: ${error.message || String(error.code)}`, error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      leave();
      resolve(socket);
    });
  });
}
