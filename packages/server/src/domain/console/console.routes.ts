import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import type { Console } from "./console.ts";

/** The files of the page. Public: they are the same for everybody, and hold nothing of this installation. */
export const consoleRoutes = ({ webConsole }: { readonly webConsole: Console }) =>
  routes().openapi(
    route({
      method: "get",
      path: "/assets/{file}",
      operationId: "getConsoleFile",
      permission: "public",
      summary: "A file of the web console",
      tags: ["console"],
      params: z.object({ file: z.string().max(200) }),
      responses: { 200: { raw: "application/octet-stream" } },
    }),
    async (c) => {
      const { file } = c.req.valid("param");
      const answer = await webConsole.file(file, c.req.raw);
      if (answer === undefined) throw new AtalayaError("route.unknown", `The web console has no file ${file}.`);
      return answer as never;
    },
  );
