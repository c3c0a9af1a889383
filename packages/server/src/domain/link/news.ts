/** Brings the news of links to the fleet, and does not let it get lost when the store is away for a while. */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Fleet, LinkDown, LinkUp } from "../fleet/index.ts";

export interface News extends Disposable {
  /** `failed` when the fleet did not take it: nobody would know of the link, so it must not go on. */
  up(link: LinkUp, failed: () => void): void;
  /** Told until the fleet has taken it: nobody else will ever say that this link is gone. */
  down(link: LinkDown): void;
  /** Resolves when all that was told has been tried once. */
  settled(): Promise<void>;
}

const AGAIN_MS = 2_000;

export function createNews(needs: {
  readonly fleet: Pick<Fleet, "linkUp" | "linkDown">;
  readonly clock: Clock;
  readonly log: Log;
}): News {
  const { fleet, clock, log } = needs;
  /** What the fleet has not committed yet. */
  const telling = new Set<Promise<void>>();
  const waiting = new Set<Disposable>();
  let over = false;

  function tell(told: Promise<void>, failed: () => void): void {
    const settled = told.catch((err: unknown) => {
      log.error({ err }, "the fleet did not take a link's news");
      failed();
    });
    telling.add(settled);
    void settled.finally(() => telling.delete(settled));
  }

  function down(link: LinkDown): void {
    tell(fleet.linkDown(link), () => {
      if (over) return;
      const later = clock.after(AGAIN_MS, () => {
        waiting.delete(later);
        down(link);
      });
      waiting.add(later);
    });
  }

  return {
    up: (link, failed) => tell(fleet.linkUp(link), failed),
    down,
    async settled() {
      await Promise.all(telling);
    },
    [Symbol.dispose]() {
      over = true;
      for (const later of waiting) later[Symbol.dispose]();
      waiting.clear();
    },
  };
}
