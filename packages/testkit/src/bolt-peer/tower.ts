/** A stormbolt server as a client meets it: it watches beacons, and relays to its own HTTP port, if it allows that. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import tls from "node:tls";
import type { BoltIdentity } from "./peer.ts";
import { serveRelay, type RelayingOptions } from "./relayed.ts";
import { speak, type Wire } from "./wire.ts";

export interface BoltTowerOptions extends BoltIdentity, RelayingOptions {
  /** PEM: whose clients it lets in. */
  readonly ca: string;
  readonly port?: number;
  /** It answers no beacons. */
  readonly deaf?: boolean;
}

export interface BoltTower extends AsyncDisposable {
  readonly port: number;
  readonly clients: readonly { readonly cname: string; readonly wire: Wire; readonly socket: tls.TLSSocket }[];
  readonly beacons: () => number;
  /** Cuts all connections. */
  cut(): void;
}

export async function boltTower(options: BoltTowerOptions): Promise<BoltTower> {
  const { certificate: cert, key, ca, targets } = options;
  const clients: { cname: string; wire: Wire; socket: tls.TLSSocket }[] = [];
  let beacons = 0;
  const server = tls.createServer(
    { cert, key, ca, requestCert: true, rejectUnauthorized: true, maxVersion: "TLSv1.2" },
    (socket) => {
      const wire = speak(socket);
      const cname = String(socket.getPeerCertificate().subject.CN);
      clients.push({ cname, wire, socket });
      socket.on("close", () => clients.splice(0, clients.length, ...clients.filter((each) => each.socket !== socket)));
      wire.opened.on("stream", (stream) => {
        if (stream.meta === "capability") {
          stream.write(Object.keys(targets).join(","));
          stream.end();
          stream.close();
        } else if (stream.meta.startsWith("relay:")) serveRelay(stream, options);
      });
      wire.open("capability", { writable: true, readable: false }).events.on("data", () => {
        const stream = wire.open("beacon");
        stream.events.on("data", () => {
          beacons += 1;
          if (options.deaf !== true) stream.write("beacon:reply");
        });
      });
    },
  );
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const { socket } of clients) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    beacons: () => beacons,
    cut,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      cut();
      await closed;
    },
  };
}
