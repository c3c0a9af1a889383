import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { diskFull, isDiskFull, type DiskRoom } from "./disk-room.ts";

export interface Reception {
  /** Where the bytes wait until they are whole. */
  readonly partial: string;
  /** How many of them wait there already. */
  readonly offset: number;
  readonly expected: string | undefined;
  readonly maxBytes: number;
  readonly room: DiskRoom;
  /** Throws when so many bytes more are too many. */
  readonly admit: ((bytes: number) => void) | undefined;
  pathOf(sha256: string): string;
}

type Growing = Pick<Reception, "partial" | "offset" | "maxBytes" | "room" | "admit">;

export interface Received {
  readonly sha256: string;
  readonly size: number;
}

/**
 * Takes the bytes that are still missing and gives the whole its name. When the stream breaks, what came stays, so that
 * it need not come again; when it is too much or not what was promised, nothing stays.
 */
export async function receive(bytes: AsyncIterable<Uint8Array>, reception: Reception): Promise<Received> {
  const { partial, offset, expected, pathOf } = reception;
  const hash = createHash("sha256");
  if (offset > 0) await addTo(hash, partial, offset);
  const size = await append(bytes, reception, (chunk) => hash.update(chunk));
  const sha256 = hash.digest("hex");
  if (expected !== undefined && sha256 !== expected) {
    await rm(partial, { force: true });
    throw new AtalayaError("blob.mismatch", `The bytes have the digest ${sha256}, not ${expected}`);
  }
  await putInPlace(partial, pathOf(sha256));
  return { sha256, size };
}

/** Takes a part that is not the last; nothing can be checked yet. Returns how many bytes wait now. */
export async function keep(bytes: AsyncIterable<Uint8Array>, upload: Growing): Promise<number> {
  return append(bytes, upload, () => undefined);
}

async function append(
  bytes: AsyncIterable<Uint8Array>,
  upload: Growing,
  look: (chunk: Uint8Array) => void,
): Promise<number> {
  const { partial } = upload;
  const handle = await open(partial, "a", 0o600);
  let size: number;
  try {
    size = await write(bytes, handle, upload, look);
    await handle.sync();
  } catch (error) {
    await handle.close();
    if (!(error instanceof BrokenStream)) await rm(partial, { force: true });
    throw translated(error, partial);
  }
  await handle.close();
  return size;
}

/** The sender's trouble, told apart from the disk's. */
class BrokenStream extends Error {}

async function write(
  bytes: AsyncIterable<Uint8Array>,
  handle: FileHandle,
  { offset, maxBytes, room, admit }: Growing,
  look: (chunk: Uint8Array) => void,
) {
  let size = offset;
  for await (const chunk of senders(bytes)) {
    if (size + chunk.length > maxBytes) {
      throw new AtalayaError("request.too-large", `A blob has at most ${maxBytes} bytes`);
    }
    admit?.(chunk.length);
    await room.need(chunk.length);
    look(chunk);
    await handle.writeFile(chunk);
    size += chunk.length;
  }
  return size;
}

async function* senders(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of bytes) yield chunk;
  } catch (cause) {
    throw new BrokenStream("The bytes stopped coming", { cause });
  }
}

async function addTo(hash: Hash, path: string, bytes: number): Promise<void> {
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
}

async function putInPlace(partial: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await rename(partial, path);
  await chmod(path, 0o400);
  await using folder = await open(dirname(path), "r");
  await folder.sync();
}

function translated(error: unknown, partial: string): unknown {
  if (error instanceof AtalayaError) return error;
  if (error instanceof BrokenStream) return error.cause;
  if (isDiskFull(error)) return diskFull(undefined, error);
  return new AtalayaError("store.unavailable", `Cannot write ${partial}`, { cause: error });
}
