import type { ClientError } from "@atalaya/client/browser";
import { queryOptions } from "@tanstack/react-query";
import { client, type Schemas } from "./client.ts";
import { follow } from "./follow.ts";
import { paced } from "./paced.ts";
import { cell, whileRead, type Source } from "./source.ts";

export type Sample = Schemas["Sample"];
export type LoadPoint = Schemas["LoadPoint"];
export type Overview = Schemas["FleetOverview"];

export const spans = ["hour", "day", "week", "month"] as const;
export type Span = (typeof spans)[number];

export interface Samples {
  /** The newest, whole; undefined until there is one. */
  readonly latest: Sample | undefined;
  /** What of those that came goes into graphs, oldest first. */
  readonly points: readonly LoadPoint[];
  readonly failure?: ClientError | undefined;
}

/** A sample as a point, and what came since the one before, or lately. */
interface Told {
  readonly point: LoadPoint;
  readonly points?: readonly LoadPoint[];
}

/** Ten minutes of one a second. */
const KEPT = 600;

/** How one host fares, every second while somebody looks: following it makes the host tell so often. */
export function liveSamples(host: string): Source<Samples> {
  const state = cell<Samples>({ latest: undefined, points: [] });
  function open(): () => void {
    let latest: Sample | undefined;
    let points: readonly LoadPoint[] = [];
    let failure: ClientError | undefined;
    const show = paced(() => state.set({ latest, points, failure }));
    const leave = follow(
      "monitor",
      { host },
      {
        onEvents(events) {
          for (const event of events) {
            if (event["type"] !== "sample") continue;
            latest = event["sample"] as Sample;
            const { point, points: between = [] } = event as unknown as Told;
            const since = points.at(-1)?.at ?? 0;
            points = [...points, ...between.filter(({ at }) => at > since), point].slice(-KEPT);
          }
          show.ask();
        },
        onEnd(error) {
          failure = error;
          show.ask();
        },
      },
    );
    return () => {
      show.stop();
      leave();
    };
  }
  return whileRead(state, open);
}

export function shareOf(part: { readonly used: number; readonly total: number } | undefined): number | null {
  return part === undefined || part.total === 0 ? null : Math.min(1, part.used / part.total);
}

/** How often history has something new. */
const AGAIN_MS: Readonly<Record<Span, number>> = { hour: 30_000, day: 300_000, week: 300_000, month: 600_000 };

export const historyQuery = (host: string, span: Span) =>
  queryOptions({
    queryKey: ["host", host, "monitor", span],
    queryFn: ({ signal }) =>
      client.get("/api/v1/hosts/{host}/monitor/history", { params: { path: { host }, query: { span } }, signal }),
    refetchInterval: AGAIN_MS[span],
  });

/** The fleet at a glance, by one small answer however large it is. */
export const overviewQuery = (selector: string) =>
  queryOptions({
    queryKey: ["fleet", "overview", selector],
    queryFn: ({ signal }): Promise<Overview> =>
      client.get("/api/v1/fleet/overview", { params: { query: { selector } }, signal }),
    refetchInterval: 3_000,
    placeholderData: (before) => before,
  });
