import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { RevocationListener } from "./enrolments.ts";
import type { StandingStore } from "./standing.store.ts";

/** A lost hint delays a revocation by no more than this. */
const LOOK_EVERY_MS = 2_000;

export interface Revocations extends Disposable {
  on(listener: RevocationListener): Disposable;
  /** Resolves when it watches: whoever is admitted afterwards is heard of when that ends. */
  begin(): Promise<void>;
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
  let seen = 0;
  let begun: Promise<void> | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let ended = false;
  let timer: Disposable | undefined;

  function begin(): Promise<void> {
    begun ??= standings.revision().then(
      (revision) => void (seen = revision),
      (error: unknown) => {
        begun = undefined;
        throw error;
      },
    );
    return begun;
  }

  async function read(): Promise<void> {
    await begin();
    for (const { id, state, issue, revision } of await standings.changedSince(seen)) {
      seen = Math.max(seen, revision);
      for (const listener of listeners) {
        if (state === "revoked") listener(id, "certificate.revoked");
        else if (issue !== null) listener(id, "certificate.superseded", issue);
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
  hurried();
  const heard = bus.on("enrolment", hurried);

  return {
    on(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    begin,
    look,
    [Symbol.dispose]() {
      ended = true;
      timer?.[Symbol.dispose]();
      heard[Symbol.dispose]();
    },
  };
}
