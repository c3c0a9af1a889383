import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import type { Fleet } from "../fleet/index.ts";
import type { MonitorRoom } from "./monitor.ts";
import { overviewOf } from "./overview.ts";
import { loadView, LoadView, OverviewView, PointView, SampleView, visibleHost } from "./views.ts";

const tags = ["monitor"];
const params = z.object({ host: z.string().min(1).max(256).describe("Id or name.") });
const STEP_MS = { hour: 10_000, day: 600_000, week: 600_000, month: 600_000 } as const;

/** `/hosts/{host}/monitor`, `/monitor` and `/fleet/overview`: how hosts fare. */
export const monitorRoutes = ({
  monitor,
  fleet,
}: {
  readonly monitor: MonitorRoom;
  readonly fleet: Pick<Fleet, "host" | "resolve">;
}) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/monitor",
        operationId: "getSample",
        permission: "monitor.read",
        summary: "The latest sample of a host",
        description: "Whoever asks again and again watches: samples then come every second.",
        tags,
        params,
        responses: { 200: SampleView },
      }),
      async (c) => {
        const { key, name } = await visibleHost(fleet, c.req.valid("param").host, c.var.actor);
        monitor.watch(key);
        const latest = monitor.latest(key);
        if (latest === undefined)
          throw new AtalayaError("monitor.no-sample", `Nothing is known yet of how ${name} fares.`);
        return c.json(latest.sample, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/hosts/{host}/monitor/history",
        operationId: "getLoadHistory",
        permission: "monitor.read",
        summary: "How a host fared: an hour in steps of ten seconds, or a day, week or month in steps of ten minutes",
        tags,
        params,
        query: z.object({ span: z.enum(["hour", "day", "week", "month"]).default("hour") }),
        responses: { 200: z.object({ span: z.string(), stepMs: z.int(), points: z.array(PointView) }) },
      }),
      async (c) => {
        const { key } = await visibleHost(fleet, c.req.valid("param").host, c.var.actor);
        const { span } = c.req.valid("query");
        return c.json({ span, stepMs: STEP_MS[span], points: await monitor.history(key, span) }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/monitor",
        operationId: "listLoads",
        permission: "monitor.read",
        summary: "How busy hosts are",
        tags,
        query: z.object({ selector: z.string().max(65_536).default("all") }),
        responses: { 200: z.object({ items: z.array(LoadView) }) },
      }),
      async (c) => {
        const { places } = c.var.actor;
        const { hosts } = await fleet.resolve(c.req.valid("query").selector, places === undefined ? {} : { places });
        const items = hosts.flatMap((host) => {
          const latest = host.state === "online" ? monitor.latest(host.key) : undefined;
          return latest === undefined ? [] : [loadView(host, latest)];
        });
        return c.json({ items }, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/fleet/overview",
        operationId: "getFleetOverview",
        permission: "monitor.read",
        summary: "The fleet at a glance: counts by place and state, and load",
        tags,
        query: z.object({ selector: z.string().max(65_536).default("all") }),
        responses: { 200: OverviewView },
      }),
      async (c) => {
        const { places } = c.var.actor;
        const { hosts } = await fleet.resolve(c.req.valid("query").selector, places === undefined ? {} : { places });
        return c.json(
          overviewOf(hosts, ({ key }) => monitor.latest(key)),
          200,
        );
      },
    );
