import { Readable } from "node:stream";
import type { Blob, Range } from "../../platform/blobs/index.ts";

/** A blob's bytes, or the part of them that was asked for. HEAD opens no file. */
export function blobAnswer(blob: Blob, range: Range | undefined, sha256: string, method: string): Response {
  const offset = range?.offset ?? 0;
  const end = Math.min(blob.size, range?.length === undefined ? blob.size : offset + range.length);
  // A range of nothing cannot be written down (RFC 9110, 14.4): whoever resumes behind the last byte gets an empty whole.
  const isPart = range !== undefined && end > offset;
  const headers = new Headers({
    "content-type": "application/octet-stream",
    "content-length": String(end - offset),
    "accept-ranges": "bytes",
    // RFC 9530: of the whole, also on parts.
    "repr-digest": `sha-256=:${Buffer.from(sha256, "hex").toString("base64")}:`,
  });
  if (isPart) headers.set("content-range", `bytes ${offset}-${end - 1}/${blob.size}`);
  const body =
    method === "HEAD"
      ? null
      : (Readable.toWeb(Readable.from(blob.bytes, { objectMode: false })) as ReadableStream<Uint8Array<ArrayBuffer>>);
  return new Response(body, { status: isPart ? 206 : 200, headers });
}
