import { open, type FileHandle } from "node:fs/promises";
import { promisify } from "node:util";
import { zstdDecompress } from "node:zlib";
import { AtalayaError } from "@atalaya/protocol";
import { plainPath, sealedPath } from "./files.ts";
import { damaged } from "./record.ts";
import { decodeIndex, indexBytes, TRAILER_BYTES, type SealedIndex } from "./sealed-format.ts";

/** A segment opened for reading, plain or sealed. */
export interface Source {
  /** The bytes as they were before sealing; throws when the segment has not that many. */
  bytes(start: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The plain file is looked for first: it goes only after the sealed one stands there. */
export async function openSource(folder: string, segment: number): Promise<Source> {
  const plain = await openIfThere(plainPath(folder, segment));
  const handle = plain ?? (await openIfThere(sealedPath(folder, segment)));
  if (handle === undefined) throw gone(segment);
  try {
    return await (plain === undefined ? sealedSource : plainSource)(handle, segment);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function gone(segment: number): AtalayaError {
  return new AtalayaError("output.gone", `Segment ${segment} is no longer kept`, { details: { segment } });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new AtalayaError("store.unavailable", `Cannot open ${path}`, { cause: error });
  }
}

/** An empty file only keeps the number of a dropped segment. */
async function plainSource(handle: FileHandle, segment: number): Promise<Source> {
  const { size } = await handle.stat();
  if (size === 0) throw gone(segment);
  return {
    bytes: (start, length) => readExactly(handle, start, length, segment),
    close: () => handle.close(),
  };
}

const decompress = promisify(zstdDecompress) as (
  bytes: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>;

async function sealedSource(handle: FileHandle, segment: number): Promise<Source> {
  const index = await readIndex(handle, segment);
  // Readers walk forward: the block just read is the likeliest to be asked for again.
  let last: { readonly block: number; readonly bytes: Promise<Buffer> } | undefined;

  async function readBlock(block: number): Promise<Buffer> {
    const start = index.starts[block] ?? 0;
    const compressed = await readExactly(handle, start, (index.starts[block + 1] ?? start) - start, segment);
    const expected = Math.min(index.blockBytes, index.size - block * index.blockBytes);
    const bytes = await decompress(compressed, { maxOutputLength: index.blockBytes }).catch(() => undefined);
    if (bytes?.length !== expected) throw damaged({ segment }, `block ${block} does not decompress`);
    return bytes;
  }

  function blockAt(block: number): Promise<Buffer> {
    if (last?.block === block) return last.bytes;
    const bytes = readBlock(block);
    last = { block, bytes };
    return bytes;
  }

  return {
    async bytes(start, length) {
      const end = start + length;
      if (end > index.size) throw damaged({ segment }, `it has ${index.size} bytes`);
      const first = Math.floor(start / index.blockBytes);
      const parts: Buffer[] = [];
      for (let block = first; block * index.blockBytes < end; block++) parts.push(await blockAt(block));
      const joined = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      return joined.subarray(start - first * index.blockBytes, end - first * index.blockBytes);
    },
    close: () => handle.close(),
  };
}

async function readIndex(handle: FileHandle, segment: number): Promise<SealedIndex> {
  const { size } = await handle.stat();
  if (size < TRAILER_BYTES) throw damaged({ segment }, "it is too short to be sealed");
  const trailer = await readExactly(handle, size - TRAILER_BYTES, TRAILER_BYTES, segment);
  const bytes = indexBytes(trailer);
  if (bytes === undefined || bytes > size) throw damaged({ segment }, "it has no trailer");
  const index = decodeIndex(await readExactly(handle, size - bytes, bytes, segment), size);
  if (index === undefined) throw damaged({ segment }, "its index does not fit");
  return index;
}

async function readExactly(handle: FileHandle, start: number, length: number, segment: number): Promise<Buffer> {
  const { size } = await handle.stat();
  // Before memory is reserved for a length that somebody made up.
  if (start + length > size) throw damaged({ segment }, `it has ${size} bytes`);
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw damaged({ segment }, "it ends early");
    done += bytesRead;
  }
  return bytes;
}
