import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { followSelector, type Fleet } from "../fleet/index.ts";
import type { Topic } from "../live/index.ts";
import type { MonitorRoom } from "./monitor.ts";
import { pointOfSample } from "./points.ts";
import { loadView, visibleHost } from "./views.ts";

/**
 * One host, every second while it is followed: `{type:"sample",host,sample,point,points}`, `point` being what history would
 * keep of it, `points` what came since the event before; of the first, what came lately. The cursor is a sequence of samples.
 */
const Host = z.strictObject({ host: z.string().max(256) });
export function monitorTopic({
  monitor,
  fleet,
}: {
  readonly monitor: MonitorRoom;
  readonly fleet: Pick<Fleet, "host">;
}): Topic<typeof Host> {
  return {
    name: "monitor",
    summary: "How one host fares, every second",
    params: Host,
    permission: "monitor.read",
    async open({ host }, _since, actor) {
      const { key, id, name } = await visibleHost(fleet, host, actor);
      let toldUntil = 0;
      return {
        subjects: ["monitor"],
        async read(cursor) {
          monitor.watch(key);
          const latest = monitor.latest(key);
          const isNews = latest !== undefined && latest.sequence > (cursor ?? 0);
          if (!isNews) return { events: [], cursor: latest?.sequence ?? cursor ?? 0, more: false };
          const point = pointOfSample(latest.sample, latest.receivedAt);
          const points = monitor.recent(key).filter(({ at }) => at > toldUntil && at < point.at);
          toldUntil = point.at;
          const events = [{ type: "sample", host: { id, name }, sample: latest.sample, point, points }];
          return { events, cursor: latest.sequence, more: false };
        },
      };
    },
  };
}

const Selector = z.strictObject({ selector: z.string().max(65_536).optional() });
const EVENTS = 500;

/** Many hosts, coarsely: `{type:"load",host,…}` whenever a sample of one came. */
export function loadTopic({
  monitor,
  fleet,
}: {
  readonly monitor: MonitorRoom;
  readonly fleet: Pick<Fleet, "resolve" | "byKey">;
}): Topic<typeof Selector> {
  return {
    name: "fleet-load",
    summary: "How busy hosts are",
    params: Selector,
    permission: "monitor.read",
    async open({ selector = "all" }, _since, actor: Actor) {
      const picked = await followSelector(fleet, selector, actor.places);
      return {
        subjects: ["monitor"],
        async read(cursor) {
          await picked.look();
          const news = monitor.since(cursor ?? 0);
          const some = news.slice(0, EVENTS);
          const events = some.flatMap((latest) => {
            const host = picked.has(latest.host) ? fleet.byKey(latest.host) : undefined;
            return host === undefined ? [] : [{ type: "load", ...loadView(host, latest) }];
          });
          return { events, cursor: some.at(-1)?.sequence ?? cursor ?? 0, more: news.length > some.length };
        },
      };
    },
  };
}
