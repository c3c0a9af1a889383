import type { Readable } from "node:stream";
import yauzl, { type Entry, type ZipFile } from "yauzl";
import { entryPath, linkTarget, unacceptable, type ArchiveEntry } from "./entry.ts";

const TYPE = 0o170000;
const FILE = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;
const MAX_LINK_BYTES = 4096;

/** The entries of a zip's central directory, one at a time. */
export async function* zipEntries(path: string): AsyncGenerator<ArchiveEntry> {
  let zip: ZipFile | undefined;
  try {
    zip = await yauzl.openPromise(path, { autoClose: false, strictFileNames: true, validateEntrySizes: true });
    for await (const entry of zip.eachEntry()) {
      const found = await entryOf(zip, entry);
      if (found !== undefined) yield found;
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("deploy.")) throw error;
    // A failure of whoever reads the entries is not the archive's.
    if (error instanceof Error && "syscall" in error) throw error;
    throw unacceptable(`the archive is damaged: ${error instanceof Error ? error.message : ""}`, error);
  } finally {
    zip?.close();
  }
}

async function entryOf(zip: ZipFile, entry: Entry): Promise<ArchiveEntry | undefined> {
  const path = entryPath(entry.fileName);
  if (path === undefined) return undefined;
  if (entry.isEncrypted()) throw unacceptable(`the archive's entry ${path} is encrypted`);
  // The upper half is what Unix makes of it; zero where the archive comes from elsewhere.
  const mode = (entry.externalFileAttributes >>> 16) & 0o177777;
  const type = mode & TYPE;
  if (type === FOLDER || entry.fileName.endsWith("/")) return { kind: "folder", path };
  if (type === LINK) return { kind: "link", path, target: linkTarget(path, await textOf(zip, entry)) };
  if (type !== FILE && type !== 0)
    throw unacceptable(
      `the archive's entry ${path} is a device or the like: only files, folders and links are unpacked`,
    );
  return {
    kind: "file",
    path,
    mode: type === 0 ? 0o644 : mode & 0o777,
    size: entry.uncompressedSize,
    open: async () => zip.openReadStreamPromise(entry),
  };
}

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > MAX_LINK_BYTES) throw unacceptable("a symbolic link of the archive is too long");
  const stream: Readable = await zip.openReadStreamPromise(entry);
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts).toString("utf8");
}
