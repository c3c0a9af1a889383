import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Directory } from "./directory.ts";
import type { DirectoryStore } from "./directory.store.ts";

/** Keeps the directory as new as the store. */
export interface Refresh extends AsyncDisposable {
  /** The store's revision the directory is complete up to. */
  readonly revision: number;
  /** Resolves when the directory holds all that was committed before the call. */
  fresh(): Promise<void>;
}

/** Other servers commit too, and a lost hint may only delay. */
const RECONCILE_MS = 2_000;

export async function keepFresh(needs: {
  readonly directory: Directory;
  readonly store: DirectoryStore;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Refresh> {
  const { directory, store, bus, clock, log } = needs;
  let revision = 0;
  let reading: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let isOver = false;
  let timer: Disposable | undefined;

  async function read(): Promise<void> {
    const upTo = await store.revision();
    if (upTo <= revision) return;
    // The snapshot is taken after `upTo` was read, so it may hold more, never less.
    let seen = upTo;
    await store.changesAfter(revision, {
      foretold: directory.foretold,
      hosts(changes) {
        directory.applyHosts(changes);
        const last = changes.hosts.at(-1)!.revision;
        seen = Math.max(seen, last);
        // The next page may go on with the same revision. Should it never come, we go on from here.
        revision = Math.max(revision, last - 1);
      },
      groups(groups) {
        directory.applyGroups(groups);
        seen = Math.max(seen, groups.at(-1)?.revision ?? 0);
      },
    });
    revision = seen;
  }

  function start(): Promise<void> {
    reading = read().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  // A read that is under way may have taken its snapshot before what the caller waits for: everybody who comes
  // meanwhile shares the next one. Never two at once: an older snapshot must not be applied after a newer one.
  function fresh(): Promise<void> {
    if (next !== undefined) return next;
    if (reading === undefined) return start();
    next = reading
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  }

  function hurry(): void {
    if (isOver) return;
    fresh().catch((error: unknown) => log.warn({ err: error }, "the directory of hosts could not be refreshed"));
  }

  function reconcile(): void {
    timer = clock.after(RECONCILE_MS, () => {
      hurry();
      if (!isOver) reconcile();
    });
  }

  await fresh();
  const hints = bus.on("fleet", hurry);
  reconcile();

  return {
    get revision() {
      return revision;
    },
    fresh,
    async [Symbol.asyncDispose]() {
      isOver = true;
      timer?.[Symbol.dispose]();
      hints[Symbol.dispose]();
      await Promise.allSettled([reading, next]);
    },
  };
}
