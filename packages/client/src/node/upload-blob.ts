/** Files as blobs: digest first, then the parts the server does not have yet. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import type { Client } from "../client.ts";
import { ClientError } from "../client-error.ts";
import { uploadParts, type UploadOptions } from "../upload-parts.ts";

export interface UploadedBlob {
  readonly sha256: string;
  readonly size: number;
}

const never = new AbortController().signal;

/** Uploads what the file holds, going on where an earlier upload of the same bytes broke off. The file must not change meanwhile. */
export async function uploadBlob(client: Client, path: string, options: UploadOptions = {}): Promise<UploadedBlob> {
  const { sha256, size } = await digestOf(path, options.signal ?? never);
  await using file = await open(path, "r");
  await uploadParts(client, { sha256, size, read: (start, length) => readAt(file, start, length) }, options);
  return { sha256, size };
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, position + read);
    if (bytesRead === 0) {
      throw new ClientError({ code: "blob.mismatch", detail: "The file became shorter while it was being uploaded." });
    }
    read += bytesRead;
  }
  return bytes;
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
