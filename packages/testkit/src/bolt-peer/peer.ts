/** A stormbolt agent as the gateway meets it: it dials with its certificate, tells its ports, beacons, and relays. */
import { once } from "node:events";
import tls from "node:tls";
import { serveRelay, type Relayed, type RelayingOptions } from "./relayed.ts";
import { speak, type Wire } from "./wire.ts";

export interface BoltIdentity {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

export interface BoltPeerOptions extends BoltIdentity, Partial<RelayingOptions> {
  readonly host?: string;
  readonly port: number;
  /** Absent: the server is not verified, as by default in the originals. */
  readonly ca?: string;
  readonly beaconMs?: number;
  /** It answers no capability, sends no beacons, serves no relays: a peer that only listens. */
  readonly silent?: boolean;
  readonly tls?: tls.ConnectionOptions;
}

export interface BoltPeer extends AsyncDisposable {
  readonly socket: tls.TLSSocket;
  readonly wire: Wire;
  /** What the server offers; resolves when it has said so. */
  readonly capability: Promise<string>;
  readonly relayed: readonly Relayed[];
  /** Answers to beacons so far. */
  readonly replies: () => number;
  readonly closed: Promise<void>;
  stopBeacons(): void;
}

const OWN_PORTS: Readonly<Record<number, number>> = { 5000: 1 };

/** Resolves when TLS stands; rejects when the server turns the certificate down at once. */
export async function boltPeer(options: BoltPeerOptions): Promise<BoltPeer> {
  const { targets = OWN_PORTS, beaconMs = 10_000, silent = false } = options;
  const socket = tls.connect({
    ...{ host: options.host ?? "127.0.0.1", port: options.port, cert: options.certificate, key: options.key },
    ...{ maxVersion: "TLSv1.2", servername: "" },
    ...(options.ca === undefined
      ? { rejectUnauthorized: false }
      : { ca: options.ca, checkServerIdentity: () => undefined }),
    ...options.tls,
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "secureConnect");
  const wire = speak(socket);
  const relayed: Relayed[] = [];
  const capability = Promise.withResolvers<string>();
  let replies = 0;
  let beacons: NodeJS.Timeout | undefined;
  const stopBeacons = (): void => clearInterval(beacons);
  void closed.then(stopBeacons);

  wire.opened.on("stream", (stream) => {
    if (silent) return;
    if (stream.meta === "capability") {
      stream.write(Object.keys(targets).join(","));
      stream.end();
      stream.close();
    } else if (stream.meta === "beacon") {
      stream.events.on("data", () => (replies += 1));
      stream.write("Beacon");
      beacons = setInterval(() => stream.write("Beacon"), beaconMs);
    } else if (stream.meta.startsWith("relay:")) {
      const { timeoutMs } = options;
      serveRelay(stream, {
        targets,
        asked: (each) => relayed.push(each),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
    }
  });
  if (!silent) {
    const asked = wire.open("capability", { writable: true, readable: false });
    asked.events.on("data", (ports) => capability.resolve(String(ports)));
  }
  return {
    socket,
    wire,
    capability: capability.promise,
    relayed,
    replies: () => replies,
    closed,
    stopBeacons,
    async [Symbol.asyncDispose]() {
      stopBeacons();
      socket.destroy();
      await closed;
    },
  };
}
