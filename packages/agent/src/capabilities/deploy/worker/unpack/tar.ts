import { createReadStream } from "node:fs";
import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import tar from "tar-stream";
import { entryPath, linkTarget, unacceptable, type ArchiveEntry } from "./entry.ts";
import type { ArchiveKind } from "./kind.ts";

/** The entries of a tar, one at a time: each must be read before the next is asked for. */
export async function* tarEntries(path: string, kind: Exclude<ArchiveKind, "zip">): AsyncGenerator<ArchiveEntry> {
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  const unpacked = kind === "tar" ? undefined : decompressor(kind);
  const extract = tar.extract();
  const fail = (error: Error): void => {
    extract.destroy(unacceptable(`the archive is damaged: ${error.message}`, error));
  };
  source.on("error", fail);
  if (unpacked === undefined) source.pipe(extract);
  else {
    unpacked.on("error", fail);
    source.pipe(unpacked).pipe(extract);
  }
  try {
    for await (const entry of extract) {
      const found = entryOf(entry.header, entry as AsyncIterable<Uint8Array>);
      if (found !== undefined) yield found;
      entry.resume();
    }
  } catch (error) {
    throw error instanceof Error && "code" in error && String(error.code).startsWith("deploy.")
      ? error
      : unacceptable(`the archive is damaged: ${error instanceof Error ? error.message : ""}`, error);
  } finally {
    source.destroy();
    unpacked?.destroy();
    extract.destroy();
  }
}

function entryOf(header: tar.Header, stream: AsyncIterable<Uint8Array>): ArchiveEntry | undefined {
  const path = entryPath(header.name);
  if (path === undefined) return undefined;
  // The type is a foreign byte: what tar-stream does not know it gives as null.
  switch (header.type as string | null) {
    case "file":
    case "contiguous-file":
      return { kind: "file", path, mode: header.mode ?? 0o644, size: header.size ?? 0, open: async () => stream };
    case "directory":
      return { kind: "folder", path };
    case "symlink":
      return { kind: "link", path, target: linkTarget(path, header.linkname ?? "") };
    case "link": {
      const of = entryPath(header.linkname ?? "");
      if (of === undefined) throw unacceptable(`the archive's hard link ${path} leads nowhere`);
      return { kind: "copy", path, of };
    }
    default:
      throw unacceptable(
        `the archive's entry ${path} is a ${header.type ?? "thing of an unknown type"}: only files, folders and links are unpacked`,
      );
  }
}

function decompressor(kind: "tar.gz" | "tar.zst"): Transform {
  if (kind === "tar.gz") return zlib.createGunzip();
  // Since Node 22.15; the agent's bundle also runs on older ones.
  const zstd = (zlib as { readonly createZstdDecompress?: () => Transform }).createZstdDecompress;
  if (zstd === undefined) throw unacceptable("the Node of this host cannot unpack zstd: deploy a tar.gz instead");
  return zstd();
}
