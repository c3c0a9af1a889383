/** The API's description, read from the mounted routes: what is served and what is described cannot differ. */
import { z } from "zod";
import type { Api } from "./mount.ts";
import { route, routes } from "./route.ts";

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [part: string]: unknown;
}

const info = {
  title: "Atalaya",
  version: "1",
  description:
    "One control plane for every machine you own. Failures are problem documents (RFC 9457) with a code. " +
    "What can be followed live is followed over the WebSocket /api/v1/live (subprotocol atalaya.live.v1).",
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
};

const securitySchemes = {
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-atalaya-session",
    description: "A browser's session (POST /session). Every request but GET and HEAD also carries x-atalaya-csrf.",
  },
  token: { type: "http", scheme: "bearer", description: "An API token, or the local token of the server's machine." },
};

/** Always in the same order, whatever order the rooms were mounted in. */
export function openApiDocument(app: Api): ApiDocument {
  const {
    paths = {},
    components = {},
    ...rest
  } = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info,
    security: [{ token: [] }, { session: [] }],
  });
  const { schemas = {} } = components;
  return {
    ...rest,
    paths: sorted(paths) as ApiDocument["paths"],
    components: { schemas: sorted(schemas), securitySchemes },
  };
}

/** Serves the description at `/openapi.json`. `document` is asked once, at the first request. */
export const openApiRoutes = ({ document }: { readonly document: () => ApiDocument }) => {
  let text: string | undefined;
  return routes().openapi(
    route({
      method: "get",
      path: "/openapi.json",
      operationId: "getOpenApiDocument",
      permission: "public",
      summary: "This description",
      tags: ["server"],
      responses: { 200: z.record(z.string(), z.unknown()) },
    }),
    (c) => {
      text ??= JSON.stringify(document());
      return c.body(text, 200, { "Content-Type": "application/json" }) as never;
    },
  );
};

function sorted<Value>(record: Readonly<Record<string, Value>>): Record<string, Value> {
  const entries = Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries);
}
