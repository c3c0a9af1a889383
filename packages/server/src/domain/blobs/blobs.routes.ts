import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import { blobAnswer } from "./answer.ts";
import type { BlobsRoom } from "./blobs.ts";
import type { BlobNames } from "./names.ts";
import { readRange, uploadPart } from "./ranges.ts";

const tags = ["blobs"];
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "is not a SHA-256 in lower-case hexadecimal")
  .describe("SHA-256 of the bytes, in lower-case hexadecimal.");
const BlobPath = z.object({ sha256: Sha256 });
const BlobState = z
  .object({
    sha256: Sha256,
    received: z.int().min(0).describe("Bytes of your upload that are here: go on there."),
    whole: z.boolean().describe("All of it is here and may be named by jobs."),
  })
  .meta({ id: "BlobState", description: "How far an upload has come." });
const Part = z.object({
  "content-range": z
    .string()
    .max(64)
    .optional()
    .describe("`bytes 0-99/200`: this body is a part; parts come in their order. Absent: the whole."),
});
const Wanted = z.object({ range: z.string().max(64).optional().describe("`bytes=100-`.") });

/** `/blobs`: bytes that jobs name. */
export const blobRoutes = ({ blobs, names }: { readonly blobs: BlobsRoom; readonly names: BlobNames }) =>
  routes()
    .openapi(
      route({
        method: "put",
        path: "/blobs/{sha256}",
        operationId: "putBlob",
        permission: "job.create",
        audit: "blob.upload",
        summary: "Upload a blob, whole or in parts",
        description:
          "An upload that broke off goes on at `received` of its status; a part elsewhere is refused with `request.conflict` and the offset in its details.",
        tags,
        params: BlobPath,
        headers: Part,
        body: { raw: "application/octet-stream" },
        responses: { 200: BlobState },
      }),
      async (c) => {
        const part = uploadPart(c.req.valid("header")["content-range"], c.req.header("content-length"));
        c.var.audit.note({ details: { ...part } });
        const bytes =
          c.req.raw.body ?? new ReadableStream<Uint8Array<ArrayBuffer>>({ start: (controller) => controller.close() });
        return c.json(await blobs.upload(c.req.valid("param").sha256, bytes, part, c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/blobs/{sha256}/status",
        operationId: "getBlobStatus",
        permission: "job.create",
        summary: "How far your upload of a blob has come",
        tags,
        params: BlobPath,
        responses: { 200: BlobState },
      }),
      async (c) => c.json(await blobs.state(c.req.valid("param").sha256, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "get",
        path: "/blobs/{sha256}",
        operationId: "getBlob",
        permission: "job.read",
        summary: "A blob that you uploaded, or that a job names which you may see",
        tags,
        params: BlobPath,
        headers: Wanted,
        responses: { 200: { raw: "application/octet-stream" } },
      }),
      async (c) => {
        const { sha256 } = c.req.valid("param");
        const range = readRange(c.req.valid("header").range);
        const blob = await blobs.read(sha256, range, c.var.actor, names);
        return blobAnswer(blob, range, sha256, c.req.raw.method) as never;
      },
    );
