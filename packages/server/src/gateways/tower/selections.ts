/**
 * Which hosts selectors pick, looked at again as the fleet changes: once for all streams that follow the same one. A
 * look that takes long is taken less often, so that it never costs more than a part of the server's time.
 */
import { createHash } from "node:crypto";
import type { Fleet, HostKey } from "../../domain/fleet/index.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";

/** Replaced as a whole when it changes. */
export interface Selection {
  readonly hosts: ReadonlySet<HostKey>;
  /** The same for the same hosts. */
  readonly mark: string;
}

export interface HeldSelection extends Disposable {
  /** Undefined: the selector means nothing any more, as when its group was deleted. */
  readonly current: Selection | undefined;
}

export interface Selections extends Disposable {
  /** `changed` is called when another selection stands. Throws `selector.malformed`, `group.unknown`. */
  hold(selector: string, places: readonly string[] | undefined, changed: () => void): Promise<HeldSelection>;
  /** Different ones that are looked at. */
  readonly size: number;
}

interface Kept {
  readonly selector: string;
  readonly scope: { readonly places?: readonly string[] };
  readonly holders: Set<() => void>;
  current: Selection | undefined;
}

const LOOK_MS = 2_000;
const LEAST_PAUSE_MS = 300;
/** Times as long as the last look took. */
const PAUSE = 4;

export function createSelections(needs: {
  readonly fleet: Pick<Fleet, "resolve">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}): Selections {
  const { fleet, bus, clock, log } = needs;
  const all = new Map<string, Kept>();
  let pause = LEAST_PAUSE_MS;
  let hinted = false;
  let over = false;
  let timer: Disposable;

  async function selectionOf({ selector, scope }: Pick<Kept, "selector" | "scope">): Promise<Selection> {
    const hosts = (await fleet.resolve(selector, scope)).hosts.map(({ key }) => key);
    const text = hosts.toSorted((a, b) => a - b).join(" ");
    return { hosts: new Set(hosts), mark: createHash("md5").update(text).digest("base64url").slice(0, 12) };
  }

  async function look(): Promise<void> {
    const began = performance.now();
    for (const kept of [...all.values()]) {
      const fresh = await selectionOf(kept).catch((err: unknown) => {
        if (kept.current !== undefined) log.info({ err }, "a selector that is followed means nothing any more");
        return undefined;
      });
      if (fresh?.mark === kept.current?.mark) continue;
      kept.current = fresh;
      for (const changed of kept.holders) changed();
    }
    pause = Math.max(LEAST_PAUSE_MS, PAUSE * (performance.now() - began));
  }

  function wait(ms: number): void {
    timer = clock.after(ms, () => {
      hinted = false;
      void look().finally(() => {
        if (!over) wait(hinted ? pause : Math.max(pause, LOOK_MS));
      });
    });
  }
  wait(LOOK_MS);
  const hints = bus.on("fleet", () => {
    if (hinted || over || all.size === 0) return;
    hinted = true;
    timer[Symbol.dispose]();
    wait(pause);
  });

  return {
    async hold(selector, places, changed) {
      const scope = places === undefined ? {} : { places };
      const key = JSON.stringify([selector, places]);
      const fresh = all.has(key) ? undefined : await selectionOf({ selector, scope });
      let kept = all.get(key);
      if (kept === undefined) all.set(key, (kept = { selector, scope, holders: new Set(), current: fresh }));
      const held = kept;
      held.holders.add(changed);
      return {
        get current() {
          return held.current;
        },
        [Symbol.dispose]() {
          held.holders.delete(changed);
          if (held.holders.size === 0 && all.get(key) === held) all.delete(key);
        },
      };
    },
    get size() {
      return all.size;
    },
    [Symbol.dispose]() {
      over = true;
      timer[Symbol.dispose]();
      hints[Symbol.dispose]();
      all.clear();
    },
  };
}
