/**
 * Servers of the originals that we dial as one of their clients. Where one lets us reach its own HTTP port, it tells
 * who is connected to it, and their requests go through it.
 */
import tls from "node:tls";
import { z } from "zod";
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { runBolt, type Bolt, type BoltEnd } from "./bolt.ts";
import type { BoltRequest } from "./exchange.ts";
import type { BoltGateway } from "./gateway.ts";
import type { Guest } from "./guest.ts";
import { jsonOf, keepAsking, pause, textOf } from "./poll.ts";

export interface UplinksNeeds {
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  readonly identity: () => { readonly certificatePem: string; readonly keyPem: string };
  /** PEM: whose servers we believe. They have no names of their own in their certificates. */
  readonly ca: readonly string[];
  readonly gateway: Pick<BoltGateway, "introduce">;
  readonly clock: Clock;
  readonly log: Log;
  readonly pollMs: number;
  readonly beaconMs?: number;
  readonly redialMs?: number;
}

const BEACON_MS = 10_000;
const REDIAL_MS = 5_000;
const LONGEST_REDIAL_MS = 60_000;
const DIAL_MS = 10_000;
const MOST_CLIENTS = 10_000;
const MOST_LIST_BYTES = 16_777_216;

const Clients = z
  .array(
    z.object({
      cname: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/),
      ports: z.array(z.int().min(0).max(65_535)).max(256),
      address: z.string().max(300).optional(),
    }),
  )
  .max(MOST_CLIENTS);
type Client = z.output<typeof Clients>[number];

/** Keeps a bolt to each server until it is disposed. */
export function keepUplinks(needs: UplinksNeeds): AsyncDisposable {
  const over = new AbortController();
  const kept = needs.servers.map((server) => keepUplink(server, needs, over.signal));
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(kept);
    },
  };
}

async function keepUplink(
  { host, port }: { readonly host: string; readonly port: number },
  needs: UplinksNeeds,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log, redialMs = REDIAL_MS } = needs;
  const via = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  let wait = redialMs;
  while (!signal.aborted) {
    const began = clock.now();
    await attendServer({ host, port, via }, needs, signal).catch((err: unknown) =>
      log.warn({ err, server: via }, "a stormbolt server cannot be reached"),
    );
    if (signal.aborted) return;
    // Who was there for a while comes back at once; who never answers is asked less and less.
    wait = clock.now() - began > LONGEST_REDIAL_MS ? redialMs : Math.min(LONGEST_REDIAL_MS, wait * 1.5);
    await pause(clock, wait * (0.7 + 0.6 * Math.random()), signal);
  }
}

async function attendServer(
  { host, port, via }: { readonly host: string; readonly port: number; readonly via: string },
  { identity, ca, clock, log, gateway, pollMs, beaconMs = BEACON_MS }: UplinksNeeds,
  signal: AbortSignal,
): Promise<void> {
  const { certificatePem: cert, keyPem: key } = identity();
  const socket = await dial({ host, port, cert, key, ca: [...ca] }, signal);
  const bolt = runBolt({ socket, clock, side: "client", beaconMs });
  const leave = (): void => bolt.end({ reason: "server-stopped", message: "the server stops" });
  signal.addEventListener("abort", leave, { once: true });
  const guests = new Map<string, Held>();
  const done = new AbortController();
  void bolt.ended.then(() => done.abort());
  try {
    await bolt.ready;
    log.info({ server: via, ports: bolt.ports }, "connected to a stormbolt server");
    let failures = 0;
    await keepAsking({ clock, everyMs: pollMs, signal: done.signal }, async () => {
      try {
        const { port: httpPort, clients } = await clientsOf(bolt, done.signal);
        update(guests, clients, { bolt, httpPort, via, gateway });
        failures = 0;
      } catch (err) {
        if (!done.signal.aborted && (failures += 1) === 1)
          log.warn({ err, server: via }, "a stormbolt server does not tell its clients");
      }
    });
  } finally {
    signal.removeEventListener("abort", leave);
    const { reason, message } = await bolt.ended;
    log.info({ server: via, reason, message }, "the connection to a stormbolt server has ended");
    for (const { end } of guests.values()) end({ reason: reason === "closed" ? "bolt.gone" : reason, message });
    await Promise.all([...guests.values()].map(({ guest }) => guest.over));
  }
}

/** Somebody that the server holds for us. */
interface Held {
  readonly guest: Guest;
  ports: readonly number[];
  readonly end: (end: BoltEnd) => void;
}

function update(
  guests: Map<string, Held>,
  clients: readonly Client[],
  through: {
    readonly bolt: Bolt;
    readonly httpPort: number;
    readonly via: string;
    readonly gateway: Pick<BoltGateway, "introduce">;
  },
): void {
  const { bolt, httpPort, via, gateway } = through;
  const names = new Set(clients.map(({ cname }) => cname));
  for (const [name, { end }] of guests) {
    if (names.has(name)) continue;
    guests.delete(name);
    end({ reason: "closed", message: `${via} no longer lists it` });
  }
  for (const { cname: name, ports, address = "" } of clients) {
    const known = guests.get(name);
    if (known !== undefined) {
      known.ports = ports;
      continue;
    }
    const ended = Promise.withResolvers<BoltEnd>();
    const end = (how: BoltEnd): void => {
      guests.delete(name);
      ended.resolve(how);
    };
    const reach = {
      get ports() {
        return guests.get(name)?.ports ?? ports;
      },
      async exchange(request: BoltRequest) {
        if (!reach.ports.includes(request.port))
          throw new AtalayaError("bolt.refused", `the agent does not offer port ${request.port}`);
        return bolt.exchange({ ...request, port: httpPort, path: `/proxy/${name}@${request.port}${request.path}` });
      },
    };
    const guest = gateway.introduce({
      ...{ name, aliases: [], address: address.replace(/^::ffff:/, ""), via, reach },
      ended: ended.promise,
      dismiss: end,
    });
    if (guest !== undefined) guests.set(name, { guest, ports, end });
  }
}

/** Asked at each port that the server opens to us, until one has a list. Throws `bolt.refused`. */
async function clientsOf(
  bolt: Bolt,
  signal: AbortSignal,
): Promise<{ readonly port: number; readonly clients: readonly Client[] }> {
  for (const port of bolt.ports.filter((each) => each > 0)) {
    const answer = await bolt.exchange({ port, method: "GET", path: "/clients", signal });
    if (answer.status !== 200) {
      await answer.body.cancel();
      continue;
    }
    const clients = Clients.safeParse(jsonOf(await textOf(answer.body, MOST_LIST_BYTES)));
    if (clients.success) return { port, clients: clients.data };
  }
  throw new AtalayaError("bolt.refused", "none of the ports that the server opens to us tells its clients");
}

function dial(options: tls.ConnectionOptions, signal: AbortSignal): Promise<tls.TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<tls.TLSSocket>();
  const socket = tls.connect({
    ...options,
    minVersion: "TLSv1.2",
    servername: "",
    // Their certificates carry no names; that one of the listed CAs has issued it to a server is what we go by.
    checkServerIdentity: () => undefined,
  });
  const fail = (error: Error): void => {
    socket.destroy();
    reject(error);
  };
  const aborted = (): void => fail(new Error("given up"));
  const timer = setTimeout(() => fail(new Error("no answer in time")), DIAL_MS);
  signal.addEventListener("abort", aborted, { once: true });
  socket.on("error", fail);
  socket.once("secureConnect", () => {
    socket.off("error", fail).on("error", () => undefined);
    socket.setNoDelay(true).setKeepAlive(true, 60_000);
    resolve(socket);
  });
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", aborted);
  });
}
