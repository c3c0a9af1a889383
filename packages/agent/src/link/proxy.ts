/** Whether and through which proxy a server is reached, from the environment as curl reads it. */
import type { Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import { showAddress, type Address } from "./addresses.ts";
import { connectTcp } from "./connect-tcp.ts";
import { openTunnelOver } from "./tunnel.ts";

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

/** A tunnel to the server. Throws `host.offline`. */
export async function openTunnel(proxy: Proxy, address: Address, signal: AbortSignal): Promise<Socket> {
  const by = `the proxy ${proxy.host}:${proxy.port}`;
  const socket = await connectTcp(proxy, by, signal);
  const headers = proxy.authorization === undefined ? {} : { "Proxy-Authorization": proxy.authorization };
  await openTunnelOver(socket, { target: showAddress(address), headers, by }, signal);
  return socket;
}
