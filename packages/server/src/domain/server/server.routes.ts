import { route, routes } from "../../api/route.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import { ServerConfiguration } from "./configuration.ts";
import { type InfoNeeds, ServerInfo, serverInfo } from "./info.ts";
import type { Readiness } from "./readiness.ts";

export interface ServerRoutesNeeds extends InfoNeeds {
  readonly configuration: ServerConfiguration;
  readonly readiness: Readiness;
  readonly metrics: Pick<Metrics, "render">;
  /** PEM; public. */
  readonly ca: string;
  /** The web console, for who looks with a browser. */
  readonly page: (request: Request) => Promise<Response | undefined>;
}

const tags = ["server"];

const welcome = (version: string): string => `Atalaya ${version}
One control plane for every machine you own.

  API reference     /api/v1/openapi.json
  health, readiness /healthz  /readyz
  metrics           /metrics        (needs a token with server.read)
  live stream       /api/v1/live    (WebSocket, subprotocol atalaya.live.v1)
  install an agent  /install.sh     (make the line with: atalaya token create)

On this machine: atalaya hosts
`;

/** `/server`: what it is, and for administrators what it runs by. */
export const serverRoutes = (needs: InfoNeeds & Pick<ServerRoutesNeeds, "configuration">) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/server",
        operationId: "getServer",
        permission: "server.read",
        summary: "What this server is and how it does",
        tags,
        responses: { 200: ServerInfo },
      }),
      async (c) => c.json(await serverInfo(needs), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/server/configuration",
        operationId: "getServerConfiguration",
        permission: "server.configuration",
        summary: "The settings that hold, whence each has its value, and where the server listens",
        description:
          "Settings are read when the server starts, and changed where they stand: nothing here changes them.",
        tags,
        responses: { 200: ServerConfiguration },
      }),
      async (c) => c.json(needs.configuration, 200),
    );

/** What stands at the root: for people who look, load balancers, Prometheus, and agents that check the CA. */
export const serverRootRoutes = ({ readiness, metrics, version, ca, page }: ServerRoutesNeeds) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/",
        operationId: "getWelcome",
        permission: "public",
        summary: "What this is and where to go",
        tags,
        responses: { 200: { raw: "text/plain" } },
      }),
      async (c) => ((await page(c.req.raw)) as never) ?? text(c, welcome(version)),
    )
    .openapi(
      route({
        method: "get",
        path: "/healthz",
        operationId: "getHealth",
        permission: "public",
        summary: "Answers while the process lives",
        tags,
        responses: { 200: { raw: "text/plain" } },
      }),
      (c) => text(c, "ok\n"),
    )
    .openapi(
      route({
        method: "get",
        path: "/readyz",
        operationId: "getReadiness",
        permission: "public",
        summary: "200 when work may be sent here, 503 with the reason otherwise",
        tags,
        responses: { 200: { raw: "text/plain" } },
      }),
      async (c) => {
        const reason = await readiness.whyNot();
        return reason === undefined ? text(c, "ready\n") : text(c, `not ready: ${reason}\n`, 503);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/metrics",
        operationId: "getMetrics",
        permission: "server.read",
        summary: "Numbers for Prometheus",
        tags,
        responses: { 200: { raw: "text/plain" } },
      }),
      async (c) => {
        const { contentType, body } = await metrics.render();
        return c.body(body, 200, { "Content-Type": contentType }) as never;
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/ca.pem",
        operationId: "getCa",
        permission: "public",
        summary: "The certificate of the fleet's CA; compare its pin before you trust it",
        tags,
        responses: { 200: { raw: "application/x-pem-file" } },
      }),
      (c) => c.body(ca, 200, { "Content-Type": "application/x-pem-file" }) as never,
    );

interface Answering {
  body(body: string, status: 200 | 503, headers: Record<string, string>): Response;
}

function text(c: Answering, body: string, status: 200 | 503 = 200): never {
  return c.body(body, status, { "Content-Type": "text/plain; charset=utf-8" }) as never;
}
