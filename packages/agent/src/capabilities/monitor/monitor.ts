/** When samples are taken: every second while somebody watches, each minute otherwise. */
import type { MonitorFrame, SampleFrame } from "@atalaya/protocol";
import { failureOf, type Log } from "../../platform/log.ts";
import type { Look, Sampler } from "./sampler.ts";

export interface Monitor {
  /** The server wants samples, from now on or for a while. */
  wanted(frame: MonitorFrame): void;
  /** The link is gone: whoever watched does not any more. */
  down(): void;
}

export interface MonitorNeeds {
  readonly sampler: Sampler;
  readonly log: Log;
  send(frame: SampleFrame): void;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Between two looks; ten seconds, except in tests. */
  readonly lookMs?: number;
}

/** Cheap looks between two slow samples, so that the last hour is told in steps of ten seconds. */
const LOOK_MS = 10_000;
const MOST_POINTS = 12;

export function createMonitor({ sampler, log, send, random, lookMs = LOOK_MS }: MonitorNeeds): Monitor {
  let slow: NodeJS.Timeout | undefined;
  let looks: NodeJS.Timeout | undefined;
  let fast: NodeJS.Timeout | undefined;
  let leaseUntil = 0;
  let echo: { readonly now: number; readonly at: number } | undefined;
  let points: (Look & { readonly at: number })[] = [];
  let busy = false;
  let isSlowDue = false;

  /** Looks go with a slow sample, and with the first fast one: whoever begins to watch sees no hole before it. */
  async function tell(kind: "slow" | "first" | "fast"): Promise<void> {
    // One that takes long must not pile up; a slow one comes after it, for nobody else tells history.
    if (busy) {
      isSlowDue ||= kind === "slow";
      return;
    }
    busy = true;
    try {
      const sample = await sampler.sample(kind !== "slow");
      const now = performance.now();
      const between =
        kind === "fast"
          ? {}
          : {
              points: points.map(
                ({ at, cpu, load, memory, swap, rx, tx }) =>
                  [Math.round(now - at), cpu, load, memory, swap, rx, tx] as const,
              ),
            };
      if (kind === "slow") points = [];
      send({
        type: "sample",
        sample: { ...sample, at: Date.now() },
        ...(between as Pick<SampleFrame, "points">),
        ...(echo === undefined ? {} : { echo: { now: echo.now, heldMs: Math.round(now - echo.at) } }),
      });
    } catch (error) {
      log.warn("monitor.failed", failureOf(error));
    } finally {
      busy = false;
      if (isSlowDue) {
        isSlowDue = false;
        void tell("slow");
      }
    }
  }

  function look(): void {
    if (points.length < MOST_POINTS) points.push({ at: performance.now(), ...sampler.look() });
  }

  function stopFast(): void {
    clearInterval(fast);
    fast = undefined;
  }

  function down(): void {
    clearTimeout(slow);
    clearInterval(slow);
    clearInterval(looks);
    slow = looks = echo = undefined;
    isSlowDue = false;
    stopFast();
  }

  return {
    wanted({ everyMs, leaseMs, now }) {
      echo = { now, at: performance.now() };
      if (leaseMs === undefined) {
        clearTimeout(slow);
        clearInterval(slow);
        clearInterval(looks);
        // Hosts that came up together shall not be heard together for ever: the phase is drawn by lot.
        slow = setTimeout(
          () => {
            slow = setInterval(() => void tell("slow"), everyMs);
            slow.unref();
            void tell("slow");
          },
          Math.min(everyMs, 1_000 + everyMs * random()),
        );
        slow.unref();
        looks = setInterval(look, lookMs);
        looks.unref();
        return;
      }
      leaseUntil = performance.now() + leaseMs;
      if (fast !== undefined) return;
      void tell("first");
      fast = setInterval(() => {
        if (performance.now() > leaseUntil) return stopFast();
        void tell("fast");
      }, everyMs);
      fast.unref();
    },
    down,
  };
}
