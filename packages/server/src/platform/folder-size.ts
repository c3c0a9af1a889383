import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "./clock.ts";

const FRESH_MS = 60_000;

/** Bytes on the disk that all in a folder takes, looked up again after a minute. What vanishes meanwhile counts as nothing. */
export function folderSize(folder: string, clock: Pick<Clock, "now">): () => Promise<number> {
  let found: { readonly at: number; readonly bytes: Promise<number> } | undefined;
  return () => {
    if (found === undefined || clock.now() - found.at >= FRESH_MS) found = { at: clock.now(), bytes: sizeOf(folder) };
    return found.bytes;
  };
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0;
  const entries = await opendir(folder).catch(() => []);
  for await (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await sizeOf(path);
    // In units of 512 bytes, whatever the disk's own are.
    else
      bytes += await stat(path).then(
        ({ blocks }) => blocks * 512,
        () => 0,
      );
  }
  return bytes;
}
