/** Files as blobs: digest first, then the parts the server does not have yet. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Client } from "../client.ts";
import { ClientError, mayRetry } from "../client-error.ts";
import { waitFor } from "../retry.ts";

export interface UploadOptions {
  /** Told at the beginning, and whenever more of the file is safe on the server. */
  readonly onProgress?: (received: number, size: number) => void;
  readonly signal?: AbortSignal;
}

export interface UploadedBlob {
  readonly sha256: string;
  readonly size: number;
}

/** What is lost at most when a connection breaks, and what one request keeps in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const FRUITLESS = 5;
const never = new AbortController().signal;

/** Uploads what the file holds, going on where an earlier upload of the same bytes broke off. The file must not change meanwhile. */
export async function uploadBlob(
  client: Client,
  path: string,
  { onProgress, signal = never }: UploadOptions = {},
): Promise<UploadedBlob> {
  const { sha256, size } = await digestOf(path, signal);
  await using file = await open(path, "r");
  let fruitless = 0;
  let received = 0;
  for (;;) {
    try {
      const state = await client.get("/api/v1/blobs/{sha256}/status", { params: { path: { sha256 } }, signal });
      received = state.received;
      onProgress?.(received, size);
      for (let whole = state.whole; !whole;) {
        ({ received, whole } = await putPart(client, { file, sha256, size, offset: received, signal }));
        fruitless = 0;
        onProgress?.(received, size);
      }
      return { sha256, size };
    } catch (error) {
      signal.throwIfAborted();
      fruitless += 1;
      if (!(error instanceof ClientError) || !isCurable(error) || fruitless > FRUITLESS) throw error;
      await waitFor(500 * 2 ** fruitless * (0.5 + Math.random() / 2), signal);
    }
  }
}

/** A part whose answer was lost makes the next one stand elsewhere than the server does: asking tells where. */
function isCurable(error: ClientError): boolean {
  return mayRetry(error.code) || error.code === "request.conflict";
}

interface Part {
  readonly file: FileHandle;
  readonly sha256: string;
  readonly size: number;
  readonly offset: number;
  readonly signal: AbortSignal;
}

async function putPart(client: Client, { file, sha256, size, offset, signal }: Part) {
  // More waits there than the file has: it is of another file that was called by this digest. It begins anew.
  const start = offset < size ? offset : 0;
  const bytes = await readAt(file, start, Math.min(PART_BYTES, size - start));
  if (start + bytes.length < size && bytes.length < PART_BYTES) {
    throw new ClientError({ code: "blob.mismatch", detail: "The file became shorter while it was being uploaded." });
  }
  return client.put("/api/v1/blobs/{sha256}", {
    params: {
      path: { sha256 },
      header: size === 0 ? {} : { "content-range": `bytes ${start}-${start + bytes.length - 1}/${size}` },
    },
    headers: { "Content-Type": "application/octet-stream" },
    // The document knows no other type for bytes than text.
    body: bytes as unknown as string,
    bodySerializer: (body) => body,
    signal,
  });
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

async function digestOf(path: string, signal: AbortSignal): Promise<UploadedBlob> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const chunk of createReadStream(path, { signal, highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest("hex"), size };
}
