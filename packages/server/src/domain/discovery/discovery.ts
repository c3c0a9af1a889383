/** What was seen on the network, kept in memory and in the store; a change is written, a mere sighting now and then. */
import { randomBytes } from "node:crypto";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { z } from "zod";
import { nodeStore, type KeptNode } from "./discovery.store.ts";

/** By which protocol a machine was seen. */
export type Door = "marcopolo" | "dns-sd";

export interface Sighting {
  readonly address: string;
  /** As the machine calls itself: not proven. */
  readonly name?: string;
  readonly services: readonly SeenService[];
}

const SeenService = z.object({
  id: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type SeenService = z.output<typeof SeenService>;

const Doors = z.partialRecord(
  z.enum(["marcopolo", "dns-sd"]),
  z.object({ at: z.number(), name: z.string().optional(), services: z.array(SeenService) }),
);
type Doors = z.output<typeof Doors>;

/** A machine on the network. It is what it says: nothing here is proven. */
export interface SeenNode {
  readonly id: string;
  readonly address: string;
  readonly name?: string;
  readonly doors: readonly Door[];
  readonly services: readonly SeenService[];
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Since when it has not been seen any more. */
  readonly goneAt?: number;
  readonly revision: number;
}

export interface Discovery {
  /** One round of one door: all that answered. Who was seen by this door before and is silent for so long has left. */
  seen(door: Door, sightings: readonly Sighting[], silentMs: number): Promise<void>;
  /** In the order they were first seen; those that left too, until they are forgotten. */
  nodes(): readonly SeenNode[];
  readonly revision: number;
}

const FORGET_MS = 7 * 86_400_000;
/** So often a node that only is still there is written. */
const WRITE_MS = 5 * 60_000;
const MAX_NODES = 20_000;

interface Known {
  readonly id: string;
  readonly address: string;
  doors: Doors;
  readonly firstSeenAt: number;
  lastSeenAt: number;
  writtenAt: number;
  goneAt: number | undefined;
  revision: number;
}

export async function createDiscovery(needs: {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Discovery> {
  const { bus, clock, log } = needs;
  const kept = nodeStore(needs.store);
  await kept.prune(clock.now() - FORGET_MS);
  const known = new Map((await kept.all()).map((row) => [row.address, knownOf(row)] as const));
  let revision = Math.max(0, ...[...known.values()].map((node) => node.revision));
  let writing: Promise<void> = Promise.resolve();

  async function write(changed: readonly Known[]): Promise<void> {
    if (changed.length === 0) return;
    revision = await kept.put(changed.map(rowOf));
    for (const node of changed) {
      node.revision = revision;
      node.writtenAt = clock.now();
    }
    bus.tell("discovery");
  }

  function take(door: Door, { address, name, services }: Sighting, now: number): Known | undefined {
    const told = { at: now, ...(name === undefined ? {} : { name }), services: [...services] };
    const node = known.get(address);
    if (node === undefined) {
      // Anybody can answer for any address: what strangers can make us remember has a limit.
      if (known.size >= MAX_NODES) return undefined;
      const id = `disc_${randomBytes(16).toString("base64url")}`;
      const fresh: Known = {
        id,
        address,
        doors: { [door]: told },
        firstSeenAt: now,
        lastSeenAt: now,
        writtenAt: now,
        goneAt: undefined,
        revision: 0,
      };
      known.set(address, fresh);
      log.info({ address, door, name }, "a machine appeared on the network");
      return fresh;
    }
    const before = node.doors[door];
    const isNews =
      node.goneAt !== undefined ||
      before === undefined ||
      before.name !== told.name ||
      JSON.stringify(before.services) !== JSON.stringify(told.services);
    node.doors = { ...node.doors, [door]: told };
    node.lastSeenAt = now;
    node.goneAt = undefined;
    return isNews || now - node.writtenAt >= WRITE_MS ? node : undefined;
  }

  /** Doors that were silent for long say nothing any more; a node without doors has left. */
  function leave(door: Door, now: number, silentMs: number): readonly Known[] {
    const left: Known[] = [];
    for (const node of known.values()) {
      const told = node.doors[door];
      if (node.goneAt !== undefined || told === undefined || now - told.at < silentMs) continue;
      const { [door]: _, ...others } = node.doors;
      if (Object.keys(others).length > 0) node.doors = others;
      else node.goneAt = now;
      left.push(node);
    }
    return left;
  }

  return {
    seen(door, sightings, silentMs) {
      const now = clock.now();
      const changed = new Set(sightings.flatMap((sighting) => take(door, sighting, now) ?? []));
      for (const node of leave(door, now, silentMs)) changed.add(node);
      return (writing = writing.catch(() => undefined).then(() => write([...changed])));
    },
    nodes: () => [...known.values()].map(viewOf),
    get revision() {
      return revision;
    },
  };
}

function knownOf(row: KeptNode): Known {
  const doors = Doors.safeParse(JSON.parse(row.doors));
  return {
    id: row.id,
    address: row.address,
    doors: doors.success ? doors.data : {},
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    writtenAt: row.last_seen_at,
    goneAt: row.gone_at ?? undefined,
    revision: row.revision,
  };
}

function rowOf({ id, address, doors, firstSeenAt, lastSeenAt, goneAt }: Known) {
  return {
    id,
    address,
    doors: JSON.stringify(doors),
    first_seen_at: firstSeenAt,
    last_seen_at: lastSeenAt,
    gone_at: goneAt ?? null,
  };
}

function viewOf({ id, address, doors, firstSeenAt, lastSeenAt, goneAt, revision }: Known): SeenNode {
  const told = Object.values(doors);
  const name = told.find((door) => door.name !== undefined)?.name;
  const services = new Map(told.flatMap((door) => door.services).map((service) => [service.id, service]));
  return {
    id,
    address,
    ...(name === undefined ? {} : { name }),
    doors: Object.keys(doors) as Door[],
    services: [...services.values()],
    firstSeenAt,
    lastSeenAt,
    ...(goneAt === undefined ? {} : { goneAt }),
    revision,
  };
}
