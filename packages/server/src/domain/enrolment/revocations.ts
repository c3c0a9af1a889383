import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { RevocationListener } from "./enrolments.ts";
import type { StandingStore } from "./standing.store.ts";

/** A lost hint delays a revocation by no more than this. */
const LOOK_EVERY_MS = 2_000;

export interface Revocations extends Disposable {
  on(listener: RevocationListener): Disposable;
  /** Reads what changed since the last look and tells it; resolves when told. */
  look(): Promise<void>;
}

/** Watches the store for enrolments whose links must end, whichever server decided it. */
export function revocations(needs: {
  readonly standings: Pick<StandingStore, "changedSince" | "revision">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}): Revocations {
  const { standings, bus, clock, log } = needs;
  const listeners = new Set<RevocationListener>();
  // No link is older than this watcher, so what was decided before it concerns none.
  const begun = standings.revision();
  begun.catch(() => undefined);
  let seen: number | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let ended = false;
  let timer: Disposable | undefined;

  async function read(): Promise<void> {
    seen ??= await begun;
    for (const { id, state, serial, revision } of await standings.changedSince(seen)) {
      seen = Math.max(seen, revision);
      for (const listener of listeners) {
        if (state === "revoked") listener(id, "certificate.revoked");
        else if (serial !== null) listener(id, "certificate.superseded", serial);
      }
    }
  }

  async function readUntilQuiet(): Promise<void> {
    do {
      again = false;
      await read();
    } while (again);
  }

  function look(): Promise<void> {
    again = true;
    running ??= readUntilQuiet().finally(() => (running = undefined));
    return running;
  }

  const hurried = (): void => {
    if (ended) return;
    look().catch((err: unknown) => log.error({ err }, "cannot see which enrolments were revoked"));
  };
  const wait = (): void => {
    timer = clock.after(LOOK_EVERY_MS, () => {
      hurried();
      wait();
    });
  };
  wait();
  const heard = bus.on("enrolment", hurried);

  return {
    on(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    look,
    [Symbol.dispose]() {
      ended = true;
      timer?.[Symbol.dispose]();
      heard[Symbol.dispose]();
    },
  };
}
