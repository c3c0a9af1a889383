/** Bytes as a blob, part by part: only those the server does not have yet, going on where a connection broke. */
import type { Client } from "./client.ts";
import { ClientError, mayRetry } from "./client-error.ts";
import { waitFor } from "./retry.ts";

export interface UploadOptions {
  /** Told at the beginning, and whenever more of the file is safe on the server. */
  readonly onProgress?: (received: number, size: number) => void;
  readonly signal?: AbortSignal;
}

/** What is uploaded. It must not change meanwhile. */
export interface PartSource {
  readonly sha256: string;
  readonly size: number;
  /** Exactly these bytes; throws `blob.mismatch` when there are fewer. */
  read(start: number, length: number): Promise<Uint8Array | Blob>;
}

/** What is lost at most when a connection breaks, and what one request keeps in memory. */
const PART_BYTES = 8 * 1024 * 1024;
const FRUITLESS = 5;
const never = new AbortController().signal;

export async function uploadParts(
  client: Client,
  source: PartSource,
  { onProgress, signal = never }: UploadOptions = {},
): Promise<void> {
  const { sha256, size } = source;
  let fruitless = 0;
  for (;;) {
    try {
      let { received, whole } = await client.get("/api/v1/blobs/{sha256}/status", {
        params: { path: { sha256 } },
        signal,
      });
      onProgress?.(received, size);
      while (!whole) {
        ({ received, whole } = await putPart(client, source, received, signal));
        fruitless = 0;
        onProgress?.(received, size);
      }
      // Whole from the beginning: the server may have it without having received a byte now.
      if (received !== size) onProgress?.(size, size);
      return;
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

async function putPart(client: Client, { sha256, size, read }: PartSource, offset: number, signal: AbortSignal) {
  // More waits there than the file has: it is of another file that was called by this digest. It begins anew.
  const start = offset < size ? offset : 0;
  const length = Math.min(PART_BYTES, size - start);
  return client.put("/api/v1/blobs/{sha256}", {
    params: {
      path: { sha256 },
      header: size === 0 ? {} : { "content-range": `bytes ${start}-${start + length - 1}/${size}` },
    },
    headers: { "Content-Type": "application/octet-stream" },
    // The document knows no other type for bytes than text.
    body: (await read(start, length)) as unknown as string,
    bodySerializer: (body) => body,
    signal,
  });
}
