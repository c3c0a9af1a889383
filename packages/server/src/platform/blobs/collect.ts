import { lstatSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { isDigest, type BlobPaths } from "./names.ts";

export interface Collection {
  /** Is this blob still named by anything? */
  named(sha256: string): boolean | Promise<boolean>;
  /** Younger ones stay: whoever put them may be about to name them. */
  readonly olderThanMs: number;
}

export interface Collected {
  readonly blobs: number;
  readonly bytes: number;
}

/** Removes what nothing names, and uploads that nobody finished. */
export async function collectBlobs(
  paths: BlobPaths,
  now: number,
  { named, olderThanMs }: Collection,
): Promise<Collected> {
  const before = now - olderThanMs;
  let blobs = 0;
  let bytes = 0;
  for (const prefix of await names(paths.stored)) {
    for (const sha256 of await names(join(paths.stored, prefix))) {
      const path = join(paths.stored, prefix, sha256);
      // Asked only about what could go: naming is a query, a look at the file is cheap.
      if (!isDigest(sha256) || sizeIfOlder(path, before) === undefined || (await named(sha256))) continue;
      const size = removeIfOlder(path, before);
      if (size === undefined) continue;
      blobs += 1;
      bytes += size;
    }
  }
  for (const upload of await names(paths.incoming)) bytes += removeIfOlder(join(paths.incoming, upload), before) ?? 0;
  return { blobs, bytes };
}

/** Synchronous: a put that finds the blob there makes it young again, and must not come between the look and the removal. */
function removeIfOlder(path: string, before: number): number | undefined {
  const size = sizeIfOlder(path, before);
  if (size !== undefined) rmSync(path, { force: true });
  return size;
}

function sizeIfOlder(path: string, before: number): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.mtimeMs < before ? found.size : undefined;
}

async function names(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}
