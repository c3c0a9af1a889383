/** The original's relay port: plain HTTP on a listener of its own, where a header says which host is meant. */
import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import type { Log } from "../../platform/log/index.ts";
import type { ProxyGateway } from "./proxy.ts";

export interface HeaderRelayNeeds {
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  /** Whose requests name their host in the header. */
  readonly proxy: Pick<ProxyGateway, "carryByHeader" | "upgradeByHeader">;
  readonly log: Log;
}

export interface HeaderRelay extends AsyncDisposable {
  readonly addresses: readonly AddressInfo[];
  drain(): void;
}

const HEADER_BYTES = 16 * 1024;

/** Throws `settings.wrong` when it cannot listen. */
export async function openHeaderRelay({ listen, proxy, log }: HeaderRelayNeeds): Promise<HeaderRelay> {
  await using undo = new AsyncDisposableStack();
  const servers: Server[] = [];
  const addresses: AddressInfo[] = [];
  const peerOf = ({ remoteAddress = "" }: Socket) => ({ address: remoteAddress.replace(/^::ffff:(?=\d+\.)/, "") });
  for (const { host, port } of listen) {
    const server = createServer({ maxHeaderSize: HEADER_BYTES, keepAliveTimeout: 15_000 });
    server.on("request", (incoming, outgoing) => proxy.carryByHeader(incoming, outgoing, peerOf(incoming.socket)));
    server.on("upgrade", (incoming, socket, head) =>
      proxy.upgradeByHeader(incoming, socket, head, peerOf(incoming.socket)),
    );
    server.on("clientError", (_, socket) => void socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    }).catch((cause: Error) => {
      throw new AtalayaError("settings.wrong", `The relay cannot listen on ${host}:${port}: ${cause.message}`, {
        cause,
        next: "Choose another address in ATALAYA_RELAY_LISTEN.",
      });
    });
    undo.defer(async () => {
      server.close();
      server.closeAllConnections();
    });
    servers.push(server);
    addresses.push(server.address() as AddressInfo);
  }
  if (addresses.length > 0) log.info({ listen: addresses }, "relaying by header");
  const owned = undo.move();
  return {
    addresses,
    drain() {
      for (const server of servers) {
        server.close();
        server.closeIdleConnections();
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
