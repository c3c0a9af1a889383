/** The latest sample of each host, who is watched, and what goes into history. */
import { MONITOR, type MonitorFrame, type Sample, type SampleFrame } from "@atalaya/protocol";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link, LinkListener, Links } from "../link/index.ts";
import { historyStore, type MinuteRow } from "./history.store.ts";
import { decodePoints, encodePoints, joined, meanOf, pointOfSample, type Point } from "./points.ts";

export interface MonitorRoomNeeds {
  readonly store: Store;
  readonly links: Links;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** A host's latest, with when it came and the clocks' difference as measured over the link. */
export interface Latest {
  readonly host: HostKey;
  readonly sample: Sample & { readonly clockSkewMs?: number };
  readonly receivedAt: number;
  /** Grows with every sample of any host. */
  readonly sequence: number;
}

export type Span = "hour" | "day" | "week" | "month";

export interface MonitorRoom extends AsyncDisposable {
  latest(host: HostKey): Latest | undefined;
  /** Of all hosts, those that changed after this sequence first to last. */
  since(sequence: number): readonly Latest[];
  readonly sequence: number;
  /** Somebody looks at this host now: samples come every second for a while. */
  watch(host: HostKey): void;
  /** Of a watched host what came lately, by time: history has it later, and not so finely. */
  recent(host: HostKey): readonly Point[];
  history(host: HostKey, span: Span): Promise<readonly Point[]>;
}

const SLOW_MS = 60_000;
const FAST_MS = 1_000;
/** Twice the time between two looks of the live stream, and a little. */
const WATCHED_MS = 10_000;
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
const COMMIT_MS = 5_000;
const MINUTE_MS = 60_000;
const MEAN_MINUTES = 10;
const BLOCK_MINUTES = 360;
const HOUR_MINUTES = 60;
const MONTH_BLOCKS = 124;
const blocksOf = { day: 4, week: 28, month: MONTH_BLOCKS } as const;
/** The host of marks; keys of hosts begin at 1. */
const NOBODY: HostKey = 0;
const MOST_UNWRITTEN = 50_000;
/** Looks of the last minute, and a good minute of one a second. */
const MOST_RECENT = 120;

export function createMonitorRoom({ store, links, bus, clock, log }: MonitorRoomNeeds): MonitorRoom {
  const rows = historyStore(store);
  const all = new Map<HostKey, Latest>();
  const watched = new Map<HostKey, { until: number; askedAt: number; points: readonly Point[] }>();
  let sequence = clock.now() * 1_000;
  let unwritten: MinuteRow[] = [];
  let writing: readonly MinuteRow[] = [];
  let committing: Promise<void> = Promise.resolve();
  let meansUntil: number | undefined;

  const minuteOf = (at: number): number => Math.floor(at / MINUTE_MS);

  function ask(link: Link, everyMs: number, leaseMs?: number): void {
    const frame: MonitorFrame = {
      type: "monitor",
      everyMs,
      ...(leaseMs === undefined ? {} : { leaseMs }),
      now: clock.now(),
    };
    link.send(frame);
  }

  function heard(link: Link, { sample, echo, points = [] }: SampleFrame): void {
    const now = clock.now();
    // Half of the way there and back is what it took to come; without an echo that is not known.
    const wayMs = echo === undefined ? undefined : Math.max(0, now - echo.now - echo.heldMs) / 2;
    const known = all.get(link.host)?.sample.clockSkewMs;
    // An answer that was long on its way tells less of the clocks than what is known.
    const skew =
      wayMs === undefined || (wayMs > 1_000 && known !== undefined) ? known : Math.round(sample.at - (now - wayMs));
    sequence += 1;
    all.delete(link.host);
    all.set(link.host, {
      host: link.host,
      sample: { ...sample, ...(skew === undefined ? {} : { clockSkewMs: skew }) },
      receivedAt: now,
      sequence,
    });
    const point = pointOfSample(sample, now);
    const looks = points.map(([agoMs, cpu, load, memory, swap = null, rx = null, tx = null]): Point => ({
      ...{ at: now - agoMs, cpu, load, memory, swap, rx, tx },
      // Slow to change: once a minute is enough.
      ...{ disk: null, celsius: null },
    }));
    const watching = watched.get(link.host);
    if (watching !== undefined) watching.points = joined(watching.points, [...looks, point]).slice(-MOST_RECENT);
    bus.tell("monitor");
    // Fast samples are for who watches; the slow one brings what belongs into history.
    if (sample.processes === undefined) keep(link.host, [...looks, point], now);
  }

  function keep(host: HostKey, points: readonly Point[], now: number): void {
    if (unwritten.length >= MOST_UNWRITTEN) return;
    unwritten.push({ minute: minuteOf(now), host, points: encodePoints(points) });
  }

  /** Many hosts at once, in one transaction. */
  async function commit(): Promise<void> {
    if (unwritten.length === 0) return;
    const taken = unwritten;
    writing = taken;
    unwritten = [];
    const merged = new Map<string, MinuteRow>();
    for (const row of taken) {
      const key = `${row.minute} ${row.host}`;
      const same = merged.get(key);
      merged.set(key, same === undefined ? row : { ...row, points: same.points + row.points });
    }
    await rows
      .keep([...merged.values()].toSorted((a, b) => a.minute - b.minute || a.host - b.host))
      .finally(() => (writing = []));
  }

  /** Means of each ten minutes that are over; after a start, of those that the last hour still has. */
  async function condense(): Promise<void> {
    const now = minuteOf(clock.now());
    // A minute later: what came at the end has been written by then.
    const until = Math.floor((now - 1) / MEAN_MINUTES) * MEAN_MINUTES;
    meansUntil ??= await meansBefore(until);
    for (let from = meansUntil; from < until; from += MEAN_MINUTES) {
      const byHost = Map.groupBy(await rows.between(from, from + MEAN_MINUTES), ({ host }) => host);
      const means = [...byHost].map(([host, minutes]) => ({
        host,
        points: encodePoints([
          meanOf(
            from * MINUTE_MS,
            minutes.flatMap(({ points }) => decodePoints(points)),
          ),
        ]),
      }));
      const mark = { host: NOBODY, points: encodePoints([meanOf(from * MINUTE_MS, [])]) };
      await rows.append(Math.floor(from / BLOCK_MINUTES), [mark, ...means]);
      meansUntil = from + MEAN_MINUTES;
    }
    await rows.prune(now - HOUR_MINUTES - 2 * MEAN_MINUTES, Math.floor(now / BLOCK_MINUTES) - MONTH_BLOCKS);
  }

  /** Where the last server stopped, as far as the last hour still has it: a mark is kept with the means themselves. */
  async function meansBefore(until: number): Promise<number> {
    const earliest = until - HOUR_MINUTES;
    const texts = await rows.blocks(NOBODY, Math.floor(earliest / BLOCK_MINUTES), Math.floor(until / BLOCK_MINUTES));
    const marks = texts.flatMap((text) => decodePoints(text)).map(({ at }) => minuteOf(at) + MEAN_MINUTES);
    return Math.min(until, Math.max(earliest, ...marks));
  }

  const listener: LinkListener = {
    up(link) {
      if (link.capabilities.has(MONITOR)) ask(link, SLOW_MS);
    },
    aside(link, frame) {
      if (frame.type === "sample") heard(link, frame);
    },
    down: () => undefined,
  };
  const attached = links.attach(listener);

  function renew(host: HostKey, now: number): void {
    const one = watched.get(host);
    const link = links.of(host);
    if (one === undefined || link === undefined || !link.capabilities.has(MONITOR)) return;
    if (now - one.askedAt < RENEW_MS) return;
    one.askedAt = now;
    ask(link, FAST_MS, LEASE_MS);
  }

  let timer = clock.after(COMMIT_MS, tick);
  let lastCondensed = 0;
  function tick(): void {
    timer = clock.after(COMMIT_MS, tick);
    const now = clock.now();
    // While its lease lasts a host goes on telling: who comes back in time finds no hole.
    for (const [host, { until, askedAt }] of watched)
      if (now > Math.max(until, askedAt + LEASE_MS)) watched.delete(host);
    const isDue = now - lastCondensed >= MINUTE_MS;
    if (isDue) lastCondensed = now;
    committing = committing
      .then(commit)
      .then(() => (isDue ? condense() : undefined))
      .catch((error: unknown) => log.warn({ err: error }, "could not write how hosts fare"));
  }

  return {
    latest: (host) => all.get(host),
    since: (after) => {
      // The newest stand last: each sample moves its host to the end.
      const found = [...all.values()];
      const at = found.findIndex((one) => one.sequence > after);
      return at < 0 ? [] : found.slice(at);
    },
    get sequence() {
      return sequence;
    },
    watch(host) {
      const now = clock.now();
      const one = watched.get(host);
      if (one === undefined) watched.set(host, { until: now + WATCHED_MS, askedAt: 0, points: [] });
      else one.until = now + WATCHED_MS;
      renew(host, now);
    },
    recent: (host) => watched.get(host)?.points ?? [],
    async history(host, span) {
      const now = minuteOf(clock.now());
      const block = Math.floor(now / BLOCK_MINUTES);
      if (span !== "hour") {
        const texts = await rows.blocks(host, block - blocksOf[span], block);
        return joined(texts.flatMap(decodePoints), []);
      }
      // What is being written is in one of both, or in both.
      const waiting = [...writing, ...unwritten].filter((row) => row.host === host).map(({ points }) => points);
      const texts = await rows.minutes(host, now - HOUR_MINUTES, now);
      return joined(texts.flatMap(decodePoints), waiting.flatMap(decodePoints));
    },
    async [Symbol.asyncDispose]() {
      timer[Symbol.dispose]();
      attached[Symbol.dispose]();
      await committing;
      await commit().catch((error: unknown) => log.warn({ err: error }, "could not write how hosts fare"));
    },
  };
}
