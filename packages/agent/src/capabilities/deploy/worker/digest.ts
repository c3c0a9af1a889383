import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const PART_BYTES = 1024 * 1024;

/** SHA-256 of a regular file that is reached through no link; undefined when it is none. Lets signals in between. */
export async function digestOf(open: () => number | undefined, signal: AbortSignal): Promise<string | undefined> {
  const file = open();
  if (file === undefined) return undefined;
  try {
    return (await readThrough(file, signal, undefined)).sha256;
  } finally {
    closeSync(file);
  }
}

/** A descriptor of a regular file; undefined for anything else. A FIFO is not waited for. */
export function openRegular(path: string): number {
  const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw Object.assign(new Error("is no regular file"), { code: "EINVAL" });
}

/** Copies one file's bytes into another, both open. */
export async function copyThrough(
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly size: number }> {
  return readThrough(from, signal, (part) => {
    for (let at = 0; at < part.length;) at += writeSync(to, part, at);
  });
}

async function readThrough(
  file: number,
  signal: AbortSignal,
  take: ((part: Buffer) => void) | undefined,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const hash = createHash("sha256");
  const part = Buffer.allocUnsafe(PART_BYTES);
  for (let size = 0; ;) {
    signal.throwIfAborted();
    const bytes = readSync(file, part, 0, part.length, size);
    if (bytes === 0) return { sha256: hash.digest("hex"), size };
    hash.update(part.subarray(0, bytes));
    take?.(part.subarray(0, bytes));
    size += bytes;
    await turn();
  }
}
