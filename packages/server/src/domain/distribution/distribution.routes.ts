import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { z } from "zod";
import { AtalayaError } from "@atalaya/protocol";
import { route, routes } from "../../api/route.ts";
import type { Distribution } from "./distribution.ts";

const tags = ["distribution"];
const RuntimeFile = z.object({ file: z.enum(["runtime-linux-x64.gz", "runtime-linux-arm64.gz"]) });

/** What a bare machine downloads. Public: nothing in it is secret, and its SHA-256s come by another way. */
export const distributionRoutes = ({ distribution }: { readonly distribution: Distribution }) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/install.sh",
        operationId: "getInstallScript",
        permission: "public",
        summary: "The script that puts an agent on a machine",
        tags,
        responses: { 200: { raw: "text/x-shellscript" } },
      }),
      () => file(distribution.script, "text/x-shellscript; charset=utf-8", distribution.scriptSha256),
    )
    .openapi(
      route({
        method: "get",
        path: "/dist/agent.mjs",
        operationId: "getAgentBundle",
        permission: "public",
        summary: "The agent, as one file",
        tags,
        responses: { 200: { raw: "text/javascript" } },
      }),
      () => file(distribution.bundle.bytes, "text/javascript; charset=utf-8", distribution.bundle.sha256),
    )
    .openapi(
      route({
        method: "get",
        path: "/dist/terminal/{arch}",
        operationId: "getTerminalLibrary",
        permission: "public",
        summary: "The library with which an agent opens terminals",
        tags,
        params: z.object({ arch: z.enum(["x64", "arm64"]) }),
        responses: { 200: { raw: "application/octet-stream" } },
      }),
      (c) => {
        const { arch } = c.req.valid("param");
        const library = distribution.terminalLibrary(arch);
        if (library === undefined)
          throw new AtalayaError("route.unknown", `this server has no library for terminals on ${arch}`);
        return file(library.bytes, "application/octet-stream", library.sha256);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/dist/{file}",
        operationId: "getAgentRuntime",
        permission: "public",
        summary: "A Node for the agent, compressed with gzip",
        tags,
        params: RuntimeFile,
        responses: { 200: { raw: "application/gzip" } },
      }),
      async (c) => {
        const arch = c.req.valid("param").file === "runtime-linux-x64.gz" ? "x64" : "arm64";
        const runtime = distribution.runtime(arch);
        if (runtime === undefined) throw new AtalayaError("route.unknown", `this server has no runtime for ${arch}`);
        const path = await runtime.compressed();
        const { size } = await stat(path);
        // HEAD opens no file: its body would never be read, and the descriptor would stay open.
        const body =
          c.req.raw.method === "HEAD" ? null : (Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>);
        return new Response(body, { headers: { "content-type": "application/gzip", "content-length": String(size) } });
      },
    );

function file(body: string | Uint8Array<ArrayBuffer>, type: string, sha256: string): Response {
  return new Response(body, {
    headers: {
      "content-type": type,
      "content-length": String(Buffer.byteLength(body)),
      // RFC 9530.
      "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
    },
  });
}
