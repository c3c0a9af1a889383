/** Whether and through which proxy a server is reached, from the environment as curl reads it. */
import { connect, type Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import { showAddress, type Address } from "./addresses.ts";

export interface Proxy {
  readonly host: string;
  readonly port: number;
  /** The header's value, with the credentials of the proxy's URL. */
  readonly authorization?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Undefined: dial the server itself. Throws `settings.wrong` without repeating the URL: it may hold a password. */
export function proxyFor(address: Address, environment: Environment): Proxy | undefined {
  const text = environment["HTTPS_PROXY"] ?? environment["https_proxy"];
  if (text === undefined || text === "" || isExempt(address, environment["NO_PROXY"] ?? environment["no_proxy"] ?? ""))
    return undefined;
  let url: URL;
  try {
    url = new URL(text.includes("://") ? text : `http://${text}`);
  } catch {
    throw new AtalayaError("settings.wrong", "HTTPS_PROXY is not a URL");
  }
  if (url.protocol !== "http:")
    throw new AtalayaError(
      "settings.wrong",
      `HTTPS_PROXY: a proxy of kind ${url.protocol} is not supported, only http:`,
    );
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 80 : Number(url.port),
    ...(url.username === "" ? {} : { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
  };
}

/** `NO_PROXY`: `*`, host names (with or without a leading dot, covering what is below), each perhaps with a port. */
export function isExempt({ host, port }: Address, list: string): boolean {
  return list
    .split(",")
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(entry);
      // Two colons are an IPv6 address, one is a port.
      const plain = /^[^:]*:[^:]*:/.test(entry) ? [entry, entry] : /^(.*?)(?::(\d+))?$/.exec(entry);
      const match = bracketed ?? plain;
      if (match?.[2] !== undefined && Number(match[2]) !== port) return false;
      const name = (match?.[1] ?? entry).replace(/^\*?\./, "");
      const wanted = host.toLowerCase();
      return wanted === name || wanted.endsWith(`.${name}`);
    });
}

/** A tunnel to the server (RFC 9110, 9.3.6). */
export function openTunnel(proxy: Proxy, address: Address, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: proxy.host, port: proxy.port });
    const target = showAddress(address);
    let head = "";
    const fail = (sentence: string, cause?: unknown): void => {
      socket.destroy();
      reject(new AtalayaError("host.offline", `the proxy ${proxy.host}:${proxy.port} ${sentence}`, { cause }));
    };
    const onAbort = (): void => fail("did not answer in time");
    const onError = (error: Error): void => fail(`cannot be reached: ${error.message}`, error);
    const onEnd = (): void => fail("closed the connection");
    const onData = (data: Buffer): void => {
      head += data.toString("latin1");
      const end = head.indexOf("\r\n\r\n");
      if (end < 0) {
        if (head.length > 16_384) fail("answered with an endless header");
        return;
      }
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
      if (status === undefined || !status.startsWith("2"))
        return fail(`refused the tunnel to ${target} (${status ?? "no HTTP"})`);
      socket.off("data", onData).off("error", onError).off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
      socket.pause();
      const rest = head.slice(end + 4);
      if (rest !== "") socket.unshift(Buffer.from(rest, "latin1"));
      resolve(socket);
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    socket.on("data", onData).on("error", onError).on("end", onEnd);
    socket.once("connect", () => {
      const authorization = proxy.authorization === undefined ? "" : `Proxy-Authorization: ${proxy.authorization}\r\n`;
      socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${authorization}\r\n`);
    });
  });
}
