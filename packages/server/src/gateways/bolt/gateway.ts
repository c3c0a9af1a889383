/** The bolt gateway: who is connected by which name, and who of two stays. */
import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { AtalayaError } from "@atalaya/protocol";
import type { HostKey } from "../../domain/fleet/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import { type Bolt, type BoltEnd, runBolt } from "./bolt.ts";
import { type Caller, type DoorMaterial, openDoor } from "./door.ts";
import { checkRequest, type BoltAnswer, type BoltRequest } from "./exchange.ts";
import { attend, banOf, type Guest, type GuestNeeds, type GuestWorld } from "./guest.ts";
import { arbitrate, noTakeovers, type Takeovers } from "./takeover.ts";

export interface BoltGatewayNeeds extends GuestWorld {
  readonly material: DoorMaterial;
  /** How long an agent may send no beacon. */
  readonly beaconMs: number;
  /** What is known of a certificate that a CA of ours or the operator's has issued. */
  readonly admit: (name: string, certificate: X509Certificate) => Promise<Admission>;
  /** Whether its CA has taken a certificate back. */
  readonly isRevoked?: (certificate: X509Certificate) => boolean;
  readonly bus: Bus;
}

/** `refused`: a failure's code. */
export type Admission = { readonly aliases: readonly string[] } | { readonly refused: string };

export interface BoltGateway extends AsyncDisposable {
  /** Somebody has connected to the listener. */
  take(socket: Socket): void;
  reload(material: DoorMaterial): void;
  /** An agent that another server holds for us; undefined while one of this name is there that is nearer. */
  introduce(guest: GuestNeeds): Guest | undefined;
  /** Ends the connections of those who may no longer come in, as far as is known by now. */
  review(): void;
  /** Ends the connection of this name, if there is one. */
  dismiss(name: string, end: BoltEnd): void;
  /** Whether this host is here now. */
  reaches(host: HostKey): boolean;
  ports(host: HostKey): readonly number[];
  /** One HTTP exchange with a host's agent. Throws `host.offline`, `bolt.*`, `request.malformed`. */
  exchange(host: HostKey, request: BoltRequest): Promise<BoltAnswer>;
  readonly size: number;
}

const MOST_HISTORIES = 10_000;

export function createBoltGateway(needs: BoltGatewayNeeds): BoltGateway {
  const { fleet, clock, log } = needs;
  const guests = new Map<string, Guest>();
  const waiting = new Set<Bolt>();
  const leaving = new Set<Promise<void>>();
  const takeovers = new Map<string, Takeovers>();
  /** Whose host was banned when they were cut off: they come back every few seconds. */
  const banned = new Map<string, HostKey>();
  let isOver = false;
  let isHinted = false;
  let reviewing: Promise<void> | undefined;

  const door = openDoor(needs.material, {
    log,
    called(caller) {
      receive(caller).catch((err: unknown) => {
        log.error({ err, name: caller.name }, "a bolt could not be served");
        caller.socket.destroy();
      });
    },
  });

  async function receive({ socket, name, certificate, address }: Caller): Promise<void> {
    const isRevoked = (): boolean => needs.isRevoked?.(certificate) === true;
    const refused = isRevoked() ? "certificate.revoked" : banOfName(name);
    const admission: Admission = refused === undefined ? await needs.admit(name, certificate) : { refused };
    if (isOver || socket.destroyed) return void socket.destroy();
    if ("refused" in admission) {
      log.warn({ name, address, code: admission.refused }, "turned a bolt away");
      return void socket.destroy();
    }
    const bolt = runBolt({ socket, clock, side: "server", beaconMs: needs.beaconMs });
    waiting.add(bolt);
    // Who is there stays until the newcomer has shown that it speaks the protocol.
    const isReady = await bolt.ready.then(
      () => true,
      () => false,
    );
    waiting.delete(bolt);
    if (!isReady || isOver) return bolt.end({ reason: "server-stopped", message: "the server stops" });
    const incumbent = guests.get(name);
    if (incumbent !== undefined && !outranks(incumbent, address))
      return bolt.end({ reason: "bolt.held", message: "another one of its name stays" });
    const notAfter = certificate.validToDate.getTime();
    const guest = host({
      name,
      aliases: admission.aliases,
      address,
      reach: bolt,
      ended: bolt.ended,
      stillWelcome: () =>
        clock.now() >= notAfter ? "certificate.expired" : isRevoked() ? "certificate.revoked" : undefined,
      dismiss: bolt.end,
    });
    incumbent?.yieldTo(guest);
    incumbent?.dismiss({ reason: "bolt.taken-over", message: "its agent has connected anew" });
  }

  function banOfName(name: string): string | undefined {
    const key = banned.get(name);
    const known = key === undefined ? undefined : fleet.byKey(key);
    const ban = known === undefined ? undefined : banOf(known);
    if (ban === undefined) banned.delete(name);
    return ban;
  }

  /** Whether a newcomer may take the name of who is there. */
  function outranks({ name, via }: Guest, address: string): boolean {
    // Nearer is better: it is no quarrel.
    if (via !== undefined) return true;
    const before = takeovers.get(name) ?? noTakeovers;
    const { verdict, takeovers: after } = arbitrate(before, clock.now());
    takeovers.delete(name);
    takeovers.set(name, after);
    for (const oldest of takeovers.keys()) {
      if (takeovers.size <= MOST_HISTORIES) break;
      takeovers.delete(oldest);
    }
    if (verdict === "take") return true;
    if (before.heldUntil !== after.heldUntil)
      log.warn({ name, address, code: "bolt.held" }, "two agents share one certificate: the one that is here stays");
    return false;
  }

  function host(guestNeeds: GuestNeeds): Guest {
    const guest = attend(guestNeeds, needs);
    const { name } = guest;
    guests.set(name, guest);
    void guestNeeds.ended.then(() => {
      if (guests.get(name) === guest) guests.delete(name);
      const known = guest.host === undefined ? undefined : fleet.byKey(guest.host);
      if (known !== undefined && banOf(known) !== undefined) banned.set(name, known.key);
    });
    leaving.add(guest.over);
    void guest.over.finally(() => leaving.delete(guest.over));
    return guest;
  }

  function review(): void {
    isHinted = true;
    reviewing ??= reviewAll().finally(() => (reviewing = undefined));
  }
  // Whose host is quarantined or revoked goes at once, not at its next poll.
  const hints = needs.bus.on("fleet", review);

  /** What was committed before the hint is in the directory by then. */
  async function reviewAll(): Promise<void> {
    try {
      while (isHinted && !isOver) {
        isHinted = false;
        await fleet.fresh();
        for (const guest of guests.values()) guest.review();
      }
    } catch (err) {
      log.warn({ err }, "could not check which bolts may stay");
    }
  }

  function guestOf(key: HostKey): Guest | undefined {
    // The name is the same as long as nobody merges hosts or takes a name over: nearly always.
    for (const { kind, name } of fleet.byKey(key)?.doors ?? []) {
      const guest = kind === "bolt" ? guests.get(name) : undefined;
      if (guest?.host === key) return guest;
    }
    for (const guest of guests.values()) {
      if (guest.host === undefined) continue;
      // Hosts may have been merged since it came.
      if (guest.host === key || fleet.byKey(guest.host)?.key === key) return guest;
    }
    return undefined;
  }

  return {
    take: (socket) => (isOver ? void socket.destroy() : door.take(socket)),
    reload: door.reload,
    introduce: (guest) => (isOver || guests.has(guest.name) ? undefined : host(guest)),
    review,
    dismiss: (name, end) => guests.get(name)?.dismiss(end),
    reaches: (key) => guestOf(key) !== undefined,
    ports: (key) => guestOf(key)?.reach.ports ?? [],
    async exchange(key, request) {
      checkRequest(request);
      const guest = guestOf(key);
      if (guest === undefined) throw new AtalayaError("host.offline", "The host's agent is not connected.");
      return guest.reach.exchange(request);
    },
    get size() {
      return guests.size;
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      hints[Symbol.dispose]();
      door.close();
      const end = { reason: "server-stopped", message: "the server stops" };
      for (const bolt of waiting) bolt.end(end);
      for (const guest of guests.values()) guest.dismiss(end);
      await Promise.all([...leaving, reviewing]);
    },
  };
}
