import { RelayRequest } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import { Timestamp } from "../../api/schemas.ts";
import type { Origins } from "./origins/origins.ts";
import type { Relay } from "./relay.ts";

const tags = ["relays"];

const Wish = z.strictObject({
  port: RelayRequest.shape.port,
  host: z.string().max(253).optional().describe("A machine that the host reaches; absent: the host itself."),
  path: z.string().max(4_096).default("/").describe("Where the browser begins."),
});

const Invitation = z
  .object({
    url: z.string().describe("To be opened in a browser: once, within a minute."),
    origin: z.string().describe("Where the service is then, for this browser."),
    expiresAt: Timestamp,
  })
  .meta({ id: "RelayInvitation", description: "A browser's way to a web service of a host." });

/** Ways of browsers to hosts. Relays themselves are WebSockets and `/proxy`, and no routes. */
export const relayRoutes = ({
  relay,
  origins,
}: {
  readonly relay: Pick<Relay, "host">;
  readonly origins: Pick<Origins, "invite">;
}) =>
  routes().openapi(
    route({
      method: "post",
      path: "/hosts/{host}/relays",
      operationId: "openRelay",
      permission: "relay.open",
      // The first request through it is told.
      audit: "none",
      summary: "Open a web service of a host in a browser, at an origin of its own",
      tags,
      params: z.object({ host: z.string() }),
      body: Wish,
      responses: { 201: Invitation },
    }),
    async (c) => {
      const { actor } = c.var;
      const { port, host: machine, path } = c.req.valid("json");
      const host = await relay.host(c.req.valid("param").host, actor);
      const target = { port, ...(machine === undefined ? {} : { host: RelayRequest.shape.host.parse(machine) }) };
      return c.json(origins.invite({ actor, host, target, path, port: new URL(c.req.url).port }), 201);
    },
  );
