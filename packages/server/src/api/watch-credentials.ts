/** Who holds something open loses it with the session or token that opened it. */
import type { FailureCode } from "@atalaya/protocol";
import type { Bus } from "../platform/bus/bus.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log/index.ts";
import { credentialOf, type Actor } from "./actor.ts";

/** Which of these tokens and sessions (`credentialOf`) no longer hold, and why. */
export type EndedCredentials = (
  credentials: readonly string[],
) => Promise<ReadonlyMap<string, { readonly code: FailureCode; readonly message: string }>>;

export interface Watched<Holder> {
  readonly holders: () => Iterable<Holder>;
  readonly ended: EndedCredentials;
  /** May hear of one holder twice, until it is no longer among `holders`. */
  readonly end: (holder: Holder, why: { readonly code: FailureCode; readonly message: string }) => void;
  readonly bus: Pick<Bus, "on">;
  readonly clock: Clock;
  readonly log: Log;
}

/** What another server of the same store ended is seen so late at most. */
const WATCH_MS = 2_000;

/** Looks every two seconds, and at once when the bus tells of an end. */
export function watchCredentials<Holder extends { readonly actor: Actor | undefined }>({
  holders,
  ended,
  end,
  bus,
  clock,
  log,
}: Watched<Holder>): Disposable {
  async function watch(): Promise<void> {
    const credentials = new Set([...holders()].flatMap(({ actor }) => credentialOf(actor) ?? []));
    if (credentials.size === 0) return;
    const over = await ended([...credentials]);
    if (over.size === 0) return;
    for (const holder of [...holders()]) {
      const why = over.get(credentialOf(holder.actor) ?? "");
      if (why !== undefined) end(holder, why);
    }
  }

  // One look at a time; what is told meanwhile is seen by the next.
  let watching: Promise<void> = Promise.resolve();
  function look(): void {
    watching = watching
      .then(watch)
      .catch((error: unknown) => log.warn({ err: error }, "could not check whose sessions and tokens still hold"));
  }
  function lookAgain(): void {
    look();
    timer = clock.after(WATCH_MS, lookAgain);
  }
  let timer = clock.after(WATCH_MS, lookAgain);
  const hint = bus.on("identity", look);
  return {
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      hint[Symbol.dispose]();
    },
  };
}
