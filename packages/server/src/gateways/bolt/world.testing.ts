/** A gateway on a port of loopback, over a real fleet, with peers that hold real RSA certificates. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { X509Certificate } from "node:crypto";
import net, { type AddressInfo } from "node:net";
import { vi } from "vitest";
import {
  boltPeer,
  rsaTestAuthority,
  type BoltIdentity,
  type BoltPeer,
  type BoltPeerOptions,
  type RsaTestAuthority,
} from "@atalaya/testkit/bolt-peer";
import type { HostKey } from "../../domain/fleet/index.ts";
import { openFleet } from "../../domain/fleet/fleet.testing.ts";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import { createBoltGateway, type Admission } from "./gateway.ts";

const identities = new Map<string, Promise<BoltIdentity>>();
let authority: Promise<RsaTestAuthority> | undefined;

export const testCa = (): Promise<RsaTestAuthority> => (authority ??= rsaTestAuthority());

/** Made once a test file: each takes openssl some time. */
export async function identityOf(name: string): Promise<BoltIdentity> {
  const ca = await testCa();
  const known = identities.get(name) ?? ca.issue(name);
  identities.set(name, known);
  return known;
}

export interface WorldOptions {
  readonly pollMs?: number;
  readonly beaconMs?: number;
  readonly clock?: Clock;
  readonly weak?: boolean;
  /** PEM: another CA than the tests' own. */
  readonly ca?: string;
  readonly admit?: (name: string) => Promise<Admission>;
  readonly isRevoked?: (certificate: X509Certificate) => boolean;
}

export async function openBoltWorld({ pollMs = 60_000, beaconMs = 45_000, ...more }: WorldOptions = {}) {
  await using owned = new AsyncDisposableStack();
  const clock = more.clock ?? systemClock;
  const store = owned.use(await engines[0]!.open());
  const bus = createLocalBus({ clock });
  const fleet = owned.use(await openFleet(store, { bus }));
  const ca = await testCa();
  const { certificate, key } = await identityOf("tower");
  const statuses: { readonly host: HostKey; readonly status: Readonly<Record<string, unknown>> }[] = [];
  const logged: string[] = [];
  const gateway = owned.use(
    createBoltGateway({
      material: { certificatePem: certificate, keyPem: key, ca: [more.ca ?? ca.certificate], weak: more.weak ?? false },
      fleet,
      status: { put: async (host, status) => void statuses.push({ host, status }) },
      clock,
      log: createLog({ level: "info", destination: { write: (line) => void logged.push(line) } }),
      pollMs,
      namingMs: 300,
      beaconMs,
      admit: more.admit ?? (async () => ({ aliases: [] })),
      ...(more.isRevoked === undefined ? {} : { isRevoked: more.isRevoked }),
      bus,
    }),
  );
  const listener = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => gateway.take(socket));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  owned.defer(() => void listener.close());
  const { port } = listener.address() as AddressInfo;
  const peers = owned.use(new AsyncDisposableStack());
  const life = owned.move();

  const hostOf = (name: string) => fleet.directory.hosts.find(({ doors }) => doors.some((door) => door.name === name));
  return {
    gateway,
    fleet,
    statuses,
    logged,
    port,
    hostOf,
    /** Resolves when the gateway reaches this agent's host. */
    async online(name: string): Promise<HostKey> {
      return vi.waitFor(
        () => {
          const host = hostOf(name);
          if (host?.state !== "online" || !gateway.reaches(host.key)) throw new Error(`${name} is not online`);
          return host.key;
        },
        { timeout: 15_000, interval: 10 },
      );
    },
    /** Connects an agent; `targets` leads its port 5000 to a status of its own unless told otherwise. */
    async peer(name: string, options: Partial<BoltPeerOptions> = {}): Promise<BoltPeer> {
      const targets = options.targets ?? { 5000: (await statusServer()).port };
      return peers.use(await boltPeer({ ...(await identityOf(name)), port, beaconMs: 100, targets, ...options }));
    },
    /** A real HTTP server that an agent relays to. */
    async backend(handler: Parameters<typeof createServer>[1]): Promise<number> {
      const server = await listening(createServer(handler));
      peers.defer(() => {
        server.close();
        server.closeAllConnections();
      });
      return (server.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

let shared: Promise<{ readonly port: number }> | undefined;

/** Answers `/status` as a small agent does. */
function statusServer(): Promise<{ readonly port: number }> {
  shared ??= listening(
    createServer((_request, response) => {
      response.setHeader("content-type", "application/json; charset=utf-8");
      response.end(JSON.stringify({ id: null, instance: "i-1", os: { hostname: "kvm570", type: "Linux" } }, null, 2));
    }),
  ).then((server) => {
    server.unref();
    return server.address() as AddressInfo;
  });
  return shared;
}

async function listening(server: Server): Promise<Server> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}
