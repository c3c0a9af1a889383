/**
 * The blast radius: how many hosts may be under a command at once, in all, in a lab, under a label. A guard counts
 * who is under way by *zone*; it decides and remembers, and sends nothing.
 */
import { AtalayaError } from "@atalaya/protocol";
import { shareOf } from "./policy.ts";

/** What a guard has to know of a host. */
export interface GuardedHost {
  readonly place: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

export interface Rules {
  readonly maxConcurrent?: number | undefined;
  readonly labShare?: string | undefined;
  readonly apart?: readonly string[] | undefined;
}

/** Something that only so many hosts may be in at once: everything, a lab, those with a label. */
export interface Zone {
  readonly name: string;
  readonly limit: number;
}

export function guards(rules: Rules): boolean {
  return rules.maxConcurrent !== undefined || rules.labShare !== undefined || (rules.apart?.length ?? 0) > 0;
}

/** The zones a host is in under these rules. `labSize` tells how many hosts the fleet has in a lab. */
export function zonesOf(host: GuardedHost, rules: Rules, labSize: (lab: string) => number): readonly Zone[] {
  const zones: Zone[] = [];
  if (rules.maxConcurrent !== undefined) zones.push({ name: "all", limit: rules.maxConcurrent });
  const lab = host.place.join("/");
  if (rules.labShare !== undefined && lab !== "") {
    zones.push({ name: `lab ${lab}`, limit: shareOf(rules.labShare, labSize(lab)) });
  }
  for (const label of rules.apart ?? [])
    if (carries(host.labels, label)) zones.push({ name: `label ${label}`, limit: 1 });
  return zones;
}

function carries(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf("=");
  return at < 0 ? Object.hasOwn(labels, label) : labels[label.slice(0, at)] === label.slice(at + 1);
}

/** Throws `job.guarded` when the rules can never let some of these hosts go. */
export function checkSatisfiable(zones: Iterable<Zone>): void {
  const closed = [...new Map([...zones].filter((zone) => zone.limit < 1).map((zone) => [zone.name, zone])).values()];
  if (closed.length === 0) return;
  const names = closed.map((zone) => zone.name);
  throw new AtalayaError(
    "job.guarded",
    `The policy lets no host at all go at once in: ${names.slice(0, 5).join(", ")}.`,
    {
      details: { zones: names.slice(0, 100) },
      next: "Choose a larger share, or leave these hosts out of the selector.",
    },
  );
}

export interface Confirmation {
  readonly targets: number;
  readonly threshold: number | undefined;
  readonly confirm: number | undefined;
}

/** Throws `job.confirmation-needed` above the threshold unless the caller named the number of hosts. */
export function checkConfirmed({ targets, threshold, confirm }: Confirmation): void {
  if (confirm === targets) return;
  if (confirm === undefined && (threshold === undefined || targets <= threshold)) return;
  const why = confirm === undefined ? `more than ${threshold} without being asked` : `not the ${confirm} you confirmed`;
  throw new AtalayaError(
    "job.confirmation-needed",
    `This would run on ${targets === 1 ? "1 host" : `${targets} hosts`}, ${why}.`,
    {
      details: { count: targets, confirm: targets, ...(threshold === undefined ? {} : { threshold }) },
      next: `Say \`confirm: ${targets}\` to go on.`,
    },
  );
}

/** Counts who is under way, over all jobs. `T` is whatever waits for its turn. */
export interface Turnstile<T> {
  /** Lets `who` in when every zone has room; otherwise it waits at the first zone that has none. */
  enter(zones: readonly Zone[], who: T): boolean;
  /** For those found under way after a restart: they are inside, room or not. */
  occupy(zones: readonly Zone[]): void;
  /** Frees the zones and hands on those whose turn it may be: `again` must try to `enter` them, or let them go. */
  leave(zones: readonly Zone[], again: (who: T) => void): void;
  inside(zone: string): number;
}

interface Counter<T> {
  inside: number;
  readonly waiting: T[];
  /** Index of the first that still waits: shifting an array of thousands for each result would cost their square. */
  head: number;
}

export function turnstile<T>(): Turnstile<T> {
  const counters = new Map<string, Counter<T>>();
  const counterOf = (name: string): Counter<T> => {
    let counter = counters.get(name);
    if (counter === undefined) counters.set(name, (counter = { inside: 0, waiting: [], head: 0 }));
    return counter;
  };
  const occupy = (zones: readonly Zone[]) => {
    for (const zone of zones) counterOf(zone.name).inside += 1;
  };

  return {
    occupy,
    enter(zones, who) {
      const full = zones.find((zone) => counterOf(zone.name).inside >= zone.limit);
      if (full === undefined) occupy(zones);
      else counterOf(full.name).waiting.push(who);
      return full === undefined;
    },
    leave(zones, again) {
      for (const zone of zones) counterOf(zone.name).inside -= 1;
      for (const zone of zones) {
        const counter = counterOf(zone.name);
        // Whoever is called may be gone, or have to wait at another zone: then the next one is called.
        while (counter.inside < zone.limit) {
          const who = take(counter);
          if (who === undefined) break;
          again(who);
        }
        if (counter.inside === 0 && counter.waiting.length === 0) counters.delete(zone.name);
      }
    },
    inside: (zone) => counters.get(zone)?.inside ?? 0,
  };
}

function take<T>(counter: Counter<T>): T | undefined {
  const who = counter.waiting[counter.head];
  if (who === undefined) return undefined;
  counter.head += 1;
  if (counter.head === counter.waiting.length) {
    counter.waiting.length = 0;
    counter.head = 0;
  } else if (counter.head > 64 && counter.head * 2 > counter.waiting.length) {
    counter.waiting.splice(0, counter.head);
    counter.head = 0;
  }
  return who;
}
