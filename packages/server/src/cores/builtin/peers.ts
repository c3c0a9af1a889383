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
 * Who is at the agents' door. Lives as long as the link, so it holds nothing of the request; the certificate is asked
 * of the socket each time, which also has it on resumed sessions, until the socket is closed.
 */
export function linkPeer(socket: TLSSocket, hostNames: HostNames): Peer {
  const address = addressOf(socket);
  return {
    door: "link",
    address,
    port: socket.remotePort ?? 0,
    hostName: () => hostNames(address),
    get certificate() {
      return socket.getPeerX509Certificate()!;
    },
  };
}

/** IPv4 as IPv4, also where one socket listens for both. */
export function addressOf(socket: { readonly remoteAddress?: string | undefined }): string {
  return (socket.remoteAddress ?? "").replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, "");
}
