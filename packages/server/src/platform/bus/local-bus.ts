import type { Clock } from "../clock.ts";
import type { Log } from "../log/index.ts";
import type { Bus, Subject } from "./bus.ts";

export interface LocalBusNeeds {
  readonly clock: Clock;
  /** Told of listeners that throw; the others are called all the same. */
  readonly log?: Log;
}

/** A listener that fails at every hint is told of once in this time. */
const QUIET_MS = 60_000;

/** Hints within one process: all that one turn of the event loop tells of a subject is one hint. */
export function createLocalBus({ clock, log }: LocalBusNeeds): Bus {
  const listeners = new Map<Subject, Set<() => void>>();
  const toldAt = new Map<Subject, number>();
  const pending = new Set<Subject>();

  function deliver(): void {
    // What listeners tell goes into the next turn, so that two that answer each other cannot hold the loop.
    const subjects = [...pending];
    pending.clear();
    for (const subject of subjects) {
      for (const listener of [...(listeners.get(subject) ?? [])]) call(subject, listener);
    }
  }

  function call(subject: Subject, listener: () => void): void {
    try {
      listener();
    } catch (error) {
      const last = toldAt.get(subject);
      if (last !== undefined && clock.now() - last < QUIET_MS) return;
      toldAt.set(subject, clock.now());
      log?.error({ err: error, subject }, "a listener failed on a hint");
    }
  }

  return {
    tell(subject) {
      // Most outputs have nobody who looks; their hints cost nothing.
      if (!listeners.has(subject)) return;
      if (pending.size === 0) setImmediate(deliver);
      pending.add(subject);
    },
    heeds(word) {
      for (const subject of listeners.keys()) if (subject.startsWith(`${word}:`)) return true;
      return false;
    },
    on(subject, listener) {
      // Wrapped, so that one function may listen twice and leave once.
      const entry = () => listener();
      const entries = listeners.get(subject) ?? new Set();
      listeners.set(subject, entries.add(entry));
      return {
        [Symbol.dispose]() {
          entries.delete(entry);
          if (entries.size > 0 || listeners.get(subject) !== entries) return;
          listeners.delete(subject);
          toldAt.delete(subject);
        },
      };
    },
  };
}
