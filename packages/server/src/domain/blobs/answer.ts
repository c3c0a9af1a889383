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
  const body = method === "HEAD" ? null : streamOf(blob.bytes);
  return new Response(body, { status: isPart ? 206 : 200, headers });
}

/** Pulled chunk by chunk: Node's own adapters between streams keep some hundred KB for each reader, and cost as much again. */
function streamOf(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = bytes[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await iterator.next();
        if (done === true) controller.close();
        else controller.enqueue(value as Uint8Array<ArrayBuffer>);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
