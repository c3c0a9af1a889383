/** Puts the room together. */
import { AtalayaError, MAX_STATUS_BYTES } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { FleetRoom, HostKey } from "../fleet/index.ts";
import type { Link, Links } from "../link/index.ts";
import { listenToAgents } from "./agents.ts";
import { statusCommits } from "./commits.ts";
import { createConfirmations } from "./confirmations.ts";
import { changesBetween, partsOfNews } from "./news.ts";
import { bytesOf, createPartPool, type Parts } from "./parts.ts";
import { pastOf } from "./past.ts";
import { recentEvents } from "./recent-events.ts";
import { createRegistry } from "./registry.ts";
import { inRounds } from "./rounds.ts";
import { statusStore } from "./status.store.ts";
import type { Put, StatusEntry, StatusRoom } from "./status.ts";
import { entryOfStored } from "./stored-entry.ts";
import { createWaiting, type Pending } from "./waiting.ts";

export interface StatusNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Pick<FleetRoom, "byKey" | "fresh" | "directory" | "revision">;
  readonly links: Links;
}

const EVENTS = 50_000;

/** Loads what was known; all hosts are absent until they come back and confirm it. */
export async function createStatus({ store, bus, clock, log, fleet, links }: StatusNeeds): Promise<StatusRoom> {
  const rows = statusStore(store);
  const pool = createPartPool();
  const registry = createRegistry();
  const waiting = createWaiting();
  const confirmations = createConfirmations(links);
  const loaded = await rows.load(EVENTS);
  const events = recentEvents(loaded, EVENTS);
  for (const stored of loaded.hosts) registry.set(entryOfStored(stored, loaded.bodies, pool.one));

  const rounds = inRounds({
    clock,
    round: statusCommits({
      rows,
      fleet,
      bus,
      clock,
      waiting,
      confirmations,
      registry,
      pool,
      events,
      leftBehind: loaded.hosts.filter(({ listed }) => listed === 1).map(({ host }) => host),
    }),
    failed: (error) => log.warn({ err: error }, "what hosts told of themselves could not be kept"),
  });

  /** What is known of this host, also what is not committed yet. */
  function partsOf(host: HostKey): Parts | undefined {
    return waiting.get(host)?.parts ?? registry.get(host)?.parts;
  }

  function putParts(host: HostKey, told: Omit<Pending, "done">, link: Link | undefined): Promise<Put> {
    const bytes = bytesOf(told.parts.values());
    if (bytes > MAX_STATUS_BYTES) {
      throw new AtalayaError("status.too-large", `A status has at most ${MAX_STATUS_BYTES} bytes; this has ${bytes}.`, {
        details: { bytes, maxBytes: MAX_STATUS_BYTES },
      });
    }
    const key = fleet.byKey(host)?.key ?? host;
    const known = registry.get(key);
    const isSame = known !== undefined && changesBetween(known.parts, told.parts).size === 0;
    const done = waiting.add(key, isSame ? { ...told, parts: known.parts } : told);
    confirmations.confirm(key, link);
    rounds.kick();
    return done;
  }

  const room: StatusRoom = {
    async put(host, news, source) {
      const known = registry.get(host);
      // A host that both agents are on is told of by ours: two that take turns would be a change each time.
      if (source === "bolt" && known?.source === "agent" && confirmations.holds(known.host, "agent"))
        return { changed: [], revision: events.revision };
      const { parts, live, legacyDigest } = partsOfNews(news, partsOf(host));
      return source === "bolt"
        ? putParts(host, { parts, live, source, legacyDigest }, undefined)
        : putParts(host, { parts, live, source, legacyDigest: undefined }, links.of(host));
    },
    beat(host, live) {
      const entry = registry.get(host);
      if (entry === undefined) return;
      entry.live = { ...entry.live, ...live };
      entry.beats += 1;
      if (entry.state === "listed") registry.touch(entry);
    },
    get: (host) => withStatus(registry.get(host)),
    byShownId: (id) => withStatus(registry.byShownId(id)),
    get all() {
      return registry.all;
    },
    list: (scope) => registry.list(scope),
    get revision() {
      return events.revision;
    },
    eventsAfter: (revision) => events.after(revision),
    ...pastOf(rows, (host) => registry.get(host)?.id),
    async prune(before) {
      const dropped = await rows.prune(before, EVENTS);
      pool.keepOnly([...registry.entries].map(({ parts }) => parts));
      return dropped;
    },
    settled: () => rounds.settled(),
    get memory() {
      return { parts: pool.size, bytes: pool.bytes };
    },
    async [Symbol.asyncDispose]() {
      hints[Symbol.dispose]();
      agents[Symbol.dispose]();
      await rounds[Symbol.asyncDispose]();
      waiting.refuseAll(new AtalayaError("server.draining", "The server is stopping."));
    },
  };

  const agents = listenToAgents({
    links,
    log,
    partsOf,
    put: (link, parts, live) => putParts(link.host, { parts, live, source: "agent", legacyDigest: undefined }, link),
    beat: (host, live) => room.beat(host, live),
  });
  const hints = bus.on("fleet", rounds.kick);
  rounds.kick();
  await rounds.settled();
  return room;
}

function withStatus(entry: StatusEntry | undefined): StatusEntry | undefined {
  return entry === undefined || entry.parts.size === 0 ? undefined : entry;
}
