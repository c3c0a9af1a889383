/** What hosts told and is not committed yet: the newest of each, at its pace. */
import type { AtalayaError, Live } from "@atalaya/protocol";
import type { HostKey } from "../fleet/index.ts";
import { createPace } from "./pace.ts";
import type { Parts } from "./parts.ts";
import type { Put, Source } from "./status.ts";

/** What waits to be committed for one host. */
export interface Pending {
  readonly parts: Parts;
  readonly source: Source;
  readonly legacyDigest: string | undefined;
  readonly live: Live | undefined;
  /** All who wait to hear of it. */
  readonly done: readonly PromiseWithResolvers<Put>[];
}

export interface Due {
  readonly news: ReadonlyMap<HostKey, Pending>;
  /** When more will be due; 0: it is. Undefined: when somebody tells something. */
  readonly againInMs: number | undefined;
}

export interface Waiting {
  get(host: HostKey): Pending | undefined;
  /** In the place of what waits for this host. Resolves when it is committed. */
  add(host: HostKey, told: Omit<Pending, "done">): Promise<Put>;
  /** Takes out what may be committed now; `isChange`: it counts for the host's pace. */
  take(now: number, isChange: (host: HostKey, news: Pending) => boolean): Due;
  /** Its pace. */
  forget(host: HostKey): void;
  refuseAll(error: AtalayaError): void;
}

const MOST_AT_ONCE = 500;

export function createWaiting(): Waiting {
  const waiting = new Map<HostKey, Pending>();
  const pace = createPace();
  return {
    get: (host) => waiting.get(host),
    add(host, told) {
      const done = Promise.withResolvers<Put>();
      const before = waiting.get(host);
      waiting.set(host, { ...told, live: told.live ?? before?.live, done: [...(before?.done ?? []), done] });
      return done.promise;
    },
    take(now, isChange) {
      const news = new Map<HostKey, Pending>();
      let waitMs = Infinity;
      for (const [host, one] of waiting) {
        if (news.size >= MOST_AT_ONCE) {
          waitMs = 0;
          break;
        }
        const wait = isChange(host, one) ? pace.take(host, now) : 0;
        if (wait > 0) waitMs = Math.min(waitMs, wait);
        else news.set(host, one);
      }
      for (const host of news.keys()) waiting.delete(host);
      return { news, againInMs: waitMs === Infinity ? undefined : waitMs };
    },
    forget: (host) => pace.forget(host),
    refuseAll(error) {
      for (const news of waiting.values()) refuse(news, error);
      waiting.clear();
    },
  };
}

export function refuse({ done }: Pending, error: unknown): void {
  for (const one of done) one.reject(error);
}
