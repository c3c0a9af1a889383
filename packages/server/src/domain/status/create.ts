import { AtalayaError, MAX_STATUS_BYTES } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { DirectoryHost, FleetRoom, HostKey } from "../fleet/index.ts";
import type { Links } from "../link/index.ts";
import { listenToAgents } from "./agents.ts";
import { differencesOf } from "./difference.ts";
import { digestOf, legacyDigestOfShown, valueOfDocument } from "./document.ts";
import { changesBetween, partsOfNews } from "./news.ts";
import { createPace } from "./pace.ts";
import { bodyOf, bytesOf, createPartPool, partOfText, type Parts } from "./parts.ts";
import { createRegistry } from "./registry.ts";
import { statusStore, type StatusWrite } from "./status.store.ts";
import type { HistoryEntry, Put, Source, StatusEntry, StatusEvent, StatusRoom } from "./status.ts";
import { placed, writeOf, type Leaving, type Pending, type Step } from "./steps.ts";
import type { ChangeRow } from "./tables.store.ts";
import { eventsOf, stateOf } from "./transitions.ts";

export interface StatusNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Pick<FleetRoom, "byKey" | "fresh" | "directory" | "revision">;
  readonly links: Links;
}

const EVENTS = 50_000;
const MOST_AT_ONCE = 500;
const MOST_DIFFERENCES = 1_000;
const NO_PARTS: Parts = new Map();

/** Loads what was known; all hosts are absent until they come back and confirm it. */
export async function createStatus({ store, bus, clock, log, fleet, links }: StatusNeeds): Promise<StatusRoom> {
  const rows = statusStore(store);
  const pool = createPartPool();
  const registry = createRegistry();
  const pace = createPace();
  const pending = new Map<HostKey, Pending>();
  /** By which link a host confirmed its status; a foreign one by none. */
  const confirmed = new Map<HostKey, object>();
  const FOREIGN = {};
  let events: StatusEvent[] = [];
  let horizon = 0;
  let revision = 0;
  let directoryRevision = 0;
  let lastPosition = 0;
  let working: Promise<void> | undefined;
  let again = false;
  let over = false;
  let timer: Disposable | undefined;

  const loaded = await rows.load(EVENTS);
  ({ horizon, revision } = loaded);
  events = [...loaded.events];
  /** Hosts that were listed when the last server ended: they leave, or have come back already. */
  const left = new Set<HostKey>();
  for (const { parts, ...row } of loaded.hosts) {
    const document = {
      id: row.id,
      parts: new Map(
        [...parts].map(([name, digest]) => [name, pool.one(partOfText(name, loaded.bodies.get(digest)!))]),
      ),
    };
    lastPosition = Math.max(lastPosition, row.position);
    if (row.listed === 1) left.add(row.host);
    registry.set({
      ...document,
      host: row.host,
      source: row.source,
      position: row.position,
      digest: digestOf(document),
      legacyDigest: row.legacy_digest ?? legacyDigestOfShown(document),
      changedAt: row.changed_at,
      revision: row.revision,
      state: "absent",
      place: row.place ?? undefined,
      live: undefined,
      beats: 0,
    });
  }

  function isReady(host: HostKey, source: Source): boolean {
    const by = confirmed.get(host);
    return by !== undefined && (source === "bolt" ? by === FOREIGN : by === links.of(host));
  }

  /** What follows for this host from what it told and from where the fleet says that it stands. */
  function stepOf(host: DirectoryHost, news: Pending | undefined, now: number): Step | undefined {
    const before = registry.get(host.key);
    const isOnline = host.state === "online";
    // A link may be gone and back before we hear of either.
    if (!isOnline && news === undefined && confirmed.get(host.key) !== links.of(host.key)) confirmed.delete(host.key);
    const source = news?.source ?? before?.source ?? "agent";
    const parts = news?.parts ?? before?.parts ?? NO_PARTS;
    const changed = changesBetween(before?.parts ?? NO_PARTS, parts);
    const was = left.has(host.key) ? "listed" : (before?.state ?? "absent");
    const hasStatus = parts.size > 0;
    const state = stateOf({
      before: before?.state ?? "absent",
      isOnline,
      isReady: hasStatus && isReady(host.key, source),
    });
    if (before === undefined && news === undefined && state === "absent") return undefined;
    const place = host.place.length === 0 ? undefined : host.place.join("/");
    const hasMoved = before !== undefined && before.place !== place;
    const id = shownId(host, source, parts);
    const isNew = changed.size > 0 || before === undefined || before.id !== id;
    if (!isNew && state === was && !hasMoved && news === undefined) return undefined;
    const document = isNew ? { id, parts } : before;
    const position = before?.position || (state === "listed" ? (lastPosition += 1) : 0);
    const digest = isNew ? digestOf(document) : before.digest;
    const after: StatusEntry = {
      id: document.id,
      parts: document.parts,
      host: host.key,
      source,
      position,
      digest,
      legacyDigest:
        news?.legacyDigest ?? (isNew || before.source !== source ? legacyDigestOfShown(document) : before.legacyDigest),
      changedAt: changed.size > 0 ? now : (before?.changedAt ?? now),
      revision: before?.revision ?? 0,
      state,
      place,
      live: news?.live ?? before?.live,
      beats: (before?.beats ?? 0) + (news?.live === undefined ? 0 : 1),
    };
    const kinds = eventsOf(was, state, changed.size > 0, hasMoved);
    return {
      before,
      after,
      changed,
      pending: news,
      events: kinds.map((kind) => ({
        kind,
        at: now,
        host: host.key,
        id: after.id,
        name: host.name,
        ...(kind === "added" || kind === "removed" ? {} : { digest }),
        // Who left is told to those who saw it last.
        ...placed(kind === "removed" && before?.state === "listed" ? before.place : place),
        ...(kind === "moved" && before?.place !== undefined ? { from: before.place } : {}),
        ...(kind === "changed" ? { names: [...changed.keys()] } : {}),
      })),
    };
  }

  /** One commit of all that is due. */
  async function commit(): Promise<void> {
    await fleet.fresh();
    const upTo = fleet.revision();
    const now = clock.now();
    const steps = new Map<HostKey, Step>();
    const gone: Leaving[] = [];
    const taken = new Map<HostKey, Pending>();
    let wait = Infinity;
    for (const [host, news] of pending) {
      if (taken.size >= MOST_AT_ONCE) {
        again = true;
        break;
      }
      const known = registry.get(host);
      const isChange = known !== undefined && known.parts !== news.parts;
      const waits = isChange ? pace.take(host, now) : 0;
      if (waits > 0) wait = Math.min(wait, waits);
      else taken.set(host, news);
    }
    if (wait < Infinity) later(wait);

    try {
      for (const [key, news] of taken) {
        pending.delete(key);
        const host = fleet.byKey(key);
        if (host === undefined) fail(news, new AtalayaError("host.unknown", "There is no such host."));
        else add(host, news);
      }
      for (const change of fleet.directory.changesAfter(directoryRevision)) {
        if ("host" in change) {
          if (!steps.has(change.host.key)) add(change.host, undefined);
        } else leave(change.gone.key, change.gone.name);
      }
      for (const host of left) {
        const known = fleet.byKey(host);
        if (known === undefined) leave(host, "");
        else if (!steps.has(host)) add(known, undefined);
      }
      const all = [...steps.values()];
      const write = writeOf(all, gone);
      const isWritten = write.hosts.length + write.changes.length + write.events.length + write.gone.length > 0;
      if (isWritten) revision = await rows.write(write);
      apply(all, gone, isWritten ? write.events : []);
      directoryRevision = Math.max(directoryRevision, upTo);
      left.clear();
    } catch (error) {
      // Nothing was applied: whoever waits hears of it, and the list is looked at again from the same revision.
      for (const { pending: news } of steps.values()) if (news !== undefined) fail(news, error);
      throw error;
    }

    function add(host: DirectoryHost, news: Pending | undefined): void {
      const step = stepOf(host, news, now);
      if (step !== undefined) steps.set(host.key, step);
    }

    function leave(host: HostKey, name: string): void {
      const entry = registry.get(host);
      steps.delete(host);
      if (entry === undefined) return;
      const wasSeen = entry.state !== "absent" || left.has(host);
      gone.push({
        host,
        event: wasSeen ? { kind: "removed", at: now, host, id: entry.id, name, ...placed(entry.place) } : undefined,
      });
    }
  }

  function apply(
    steps: readonly Step[],
    gone: readonly { readonly host: HostKey }[],
    told: StatusWrite["events"],
  ): void {
    for (const { host } of gone) {
      registry.remove(host);
      confirmed.delete(host);
      pace.forget(host);
    }
    for (const { after, before, changed, pending: news } of steps) {
      // Another sample may have come meanwhile.
      const { live, beats } = news?.live === undefined && before !== undefined ? before : after;
      const isChanged = changed.size > 0 || before === undefined;
      const parts: Parts = isChanged
        ? new Map([...after.parts].map(([name, part]) => [name, pool.one(part)]))
        : after.parts;
      registry.set({ ...after, parts, live, beats, revision: changed.size > 0 ? revision : after.revision });
      for (const done of news?.done ?? []) done.resolve({ changed: [...changed.keys()], revision });
    }
    if (told.length === 0) return;
    events.push(...told.map((event) => ({ ...event, revision })));
    if (events.length > 1.2 * EVENTS) {
      horizon = events[events.length - EVENTS - 1]!.revision;
      events = events.slice(-EVENTS);
    }
    bus.tell("status");
  }

  function kick(): void {
    again = true;
    if (working !== undefined || over) return;
    working = work().finally(() => {
      working = undefined;
      if (again) kick();
    });
  }

  async function work(): Promise<void> {
    // What comes in this turn of the event loop goes along.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (again) {
      again = false;
      await commit().catch((error: unknown) => {
        log.warn({ err: error }, "what hosts told of themselves could not be kept");
        later(RETRY_MS);
      });
    }
  }

  function later(ms: number): void {
    timer?.[Symbol.dispose]();
    timer = clock.after(ms, kick);
  }

  function putParts(host: HostKey, told: Omit<Pending, "done">, confirmedBy: object): Promise<Put> {
    const bytes = bytesOf(told.parts.values());
    if (bytes > MAX_STATUS_BYTES) {
      throw new AtalayaError("status.too-large", `A status has at most ${MAX_STATUS_BYTES} bytes; this has ${bytes}.`, {
        details: { bytes, maxBytes: MAX_STATUS_BYTES },
      });
    }
    const key = fleet.byKey(host)?.key ?? host;
    const known = registry.get(key);
    const isSame = known !== undefined && changesBetween(known.parts, told.parts).size === 0;
    const done = Promise.withResolvers<Put>();
    const waiting = pending.get(key);
    pending.set(key, {
      ...told,
      parts: isSame ? known.parts : told.parts,
      live: told.live ?? waiting?.live,
      done: [...(waiting?.done ?? []), done],
    });
    confirmed.set(key, confirmedBy);
    kick();
    return done.promise;
  }

  const room: StatusRoom = {
    async put(host, news, source) {
      const known = registry.get(host);
      // A host that both agents are on is told of by ours: two that take turns would be a change each time.
      if (source === "bolt" && known?.source === "agent" && isReady(known.host, "agent"))
        return { changed: [], revision };
      const { parts, live, legacyDigest } = partsOfNews(news, pending.get(host)?.parts ?? registry.get(host)?.parts);
      return putParts(
        host,
        { parts, live, source, legacyDigest: source === "bolt" ? legacyDigest : undefined },
        source === "bolt" ? FOREIGN : (links.of(host) ?? FOREIGN),
      );
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
      return revision;
    },
    eventsAfter(after) {
      if (after < horizon || after > revision) return undefined;
      let at = events.length;
      while (at > 0 && events[at - 1]!.revision > after) at -= 1;
      return events.slice(at);
    },
    history: async (host, page) => (await rows.history(host, page)).map(historyEntry),
    at: documentAt,
    async diff(host, from, to) {
      const [one, other] = await Promise.all([documentAt(host, from), documentAt(host, to)]);
      const found = differencesOf(
        valueOfDocument(one.document, undefined),
        valueOfDocument(other.document, undefined),
        MOST_DIFFERENCES + 1,
      );
      return {
        from: one.entry,
        to: other.entry,
        differences: found.slice(0, MOST_DIFFERENCES),
        truncated: found.length > MOST_DIFFERENCES,
      };
    },
    async prune(before) {
      const dropped = await rows.prune(before, EVENTS);
      pool.keepOnly([...registry.entries].map(({ parts }) => parts));
      return dropped;
    },
    async settled() {
      while (working !== undefined) await working;
    },
    get memory() {
      return { parts: pool.size, bytes: pool.bytes };
    },
    async [Symbol.asyncDispose]() {
      over = true;
      hints[Symbol.dispose]();
      agents[Symbol.dispose]();
      ticking?.[Symbol.dispose]();
      timer?.[Symbol.dispose]();
      while (working !== undefined) await working;
      for (const news of pending.values()) fail(news, new AtalayaError("server.draining", "The server is stopping."));
    },
  };

  async function documentAt(host: HostKey, at: number) {
    const change = await rows.changeAt(host, at);
    if (change === undefined)
      throw new AtalayaError("status.no-revision", `Nothing is known of the status at revision ${at}.`, {
        next: "`atalaya status HOST --history` lists the revisions there are.",
      });
    const bodies = await rows.at(host, change.revision);
    const parts = new Map([...bodies].map(([name, body]) => [name, partOfText(name, body)]));
    return { entry: historyEntry(change), document: { id: registry.get(host)?.id ?? "", parts } };
  }

  const agents = listenToAgents({
    links,
    log,
    partsOf: (host) => pending.get(host)?.parts ?? registry.get(host)?.parts,
    put: (link, parts, live) => putParts(link.host, { parts, live, source: "agent", legacyDigest: undefined }, link),
    beat: (host, live) => room.beat(host, live),
  });
  const hints = bus.on("fleet", kick);
  // A lost hint may only delay.
  let ticking: Disposable | undefined;
  const tick = (): void => {
    ticking = clock.after(RECONCILE_MS, () => {
      kick();
      if (!over) tick();
    });
  };
  kick();
  await working;
  tick();
  return room;
}

const RECONCILE_MS = 2_000;
const RETRY_MS = 1_000;

function shownId(host: DirectoryHost, source: Source, parts: Parts): string {
  // What it is proven to be called; what it calls itself is shown in its document, and finds nobody else's.
  const door = source === "bolt" ? host.doors.find(({ kind }) => kind === "bolt")?.name : undefined;
  if (door !== undefined) return door;
  const own = source === "bolt" ? parts.get("id") : undefined;
  const told = own === undefined ? undefined : (JSON.parse(bodyOf(own)) as unknown);
  return typeof told === "string" ? told : host.id;
}

function withStatus(entry: StatusEntry | undefined): StatusEntry | undefined {
  return entry === undefined || entry.parts.size === 0 ? undefined : entry;
}

function historyEntry({ revision, at, source, digest, names }: ChangeRow): HistoryEntry {
  return { revision, at, source, digest, parts: JSON.parse(names) as string[] };
}

function fail(news: Pending, error: unknown): void {
  for (const done of news.done) done.reject(error);
}
