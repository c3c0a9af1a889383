import type { X509Certificate } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import type { Peer } from "../core.ts";
import type { HostNames } from "./host-names.ts";

/** Who sent this request, through the public door. */
export function publicPeer(socket: TLSSocket, request: IncomingMessage, hostNames: HostNames): Peer {
  const address = addressOf(socket);
  return {
    door: "public",
    address,
    port: socket.remotePort ?? 0,
    hostName: () => hostNames(address),
    raw: { target: request.url ?? "", headers: request.rawHeaders, httpVersion: request.httpVersion },
  };
}

/**
 * Who is at the agents' door. `proven` is the certificate where somebody has asked the socket for it before: making one
 * costs 20 µs. The socket also has it on resumed sessions, until it is closed.
 */
export function linkPeer(socket: TLSSocket, hostNames: HostNames, proven?: X509Certificate): Peer {
  const address = addressOf(socket);
  let certificate = proven;
  return {
    door: "link",
    address,
    port: socket.remotePort ?? 0,
    hostName: () => hostNames(address),
    get certificate() {
      certificate ??= socket.getPeerX509Certificate()!;
      return certificate;
    },
  };
}

/** IPv4 as IPv4, also where one socket listens for both. */
export function addressOf(socket: { readonly remoteAddress?: string | undefined }): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}
