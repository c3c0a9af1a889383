import { Readable } from "node:stream";
import { z } from "zod";
import { pageOf, PageQuery } from "../../api/page.ts";
import { route, routes } from "../../api/route.ts";
import type { Recordings } from "./recordings.ts";
import { RecordingId, RecordingView } from "./views.ts";

const tags = ["terminals"];

/** `/terminals/recordings`: what terminals showed. The terminals themselves are WebSockets, and no routes. */
export const terminalRoutes = ({ recordings }: { readonly recordings: Pick<Recordings, "list" | "read"> }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/terminals/recordings",
        operationId: "listTerminalRecordings",
        permission: "terminal.review",
        summary: "Recordings of terminals, the newest first",
        tags,
        query: PageQuery,
        responses: { 200: pageOf(RecordingView) },
      }),
      async (c) => c.json(await recordings.list(c.req.valid("query"), c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/terminals/recordings/{recording}",
        operationId: "getTerminalRecording",
        permission: "terminal.review",
        summary: "A recording, as an asciicast (version 2)",
        tags,
        params: z.object({ recording: RecordingId }),
        responses: { 200: { raw: "application/x-asciicast" } },
      }),
      async (c) => {
        const { recording } = c.req.valid("param");
        const { bytes, size } = await recordings.read(recording, c.var.actor);
        if (c.req.raw.method === "HEAD") bytes.destroy();
        return new Response(
          c.req.raw.method === "HEAD" ? null : (Readable.toWeb(bytes) as ReadableStream<Uint8Array>),
          {
            headers: {
              "content-type": "application/x-asciicast",
              "content-length": String(size),
              "content-disposition": `attachment; filename="${recording}.cast"`,
            },
          },
        ) as never;
      },
    );
