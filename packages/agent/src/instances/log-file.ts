/** An instance's output: a file it appends to, of which the newest is kept. */
import { closeSync, openSync, readSync, renameSync, statSync, truncateSync, writeFileSync } from "node:fs";
import type { InstanceFiles } from "./files.ts";

/**
 * What the keeper does while the instance runs (native/pump.c), for one that has ended: the newest half of the limit is
 * put aside. Together both files hold at most one and a half times the limit.
 */
export function boundLog({ log, olderLog }: InstanceFiles, limit: number): void {
  const size = sizeOf(log);
  if (size <= limit) return;
  const kept = tailOf(log, Math.floor(limit / 2));
  writeFileSync(`${olderLog}.new`, kept, { mode: 0o600 });
  renameSync(`${olderLog}.new`, olderLog);
  truncateSync(log, 0);
}

const MOST_BYTES = 2 * 1024 * 1024;

/** The last lines, without more than 2 MiB of them. */
export function lastLines({ log, olderLog }: InstanceFiles, lines: number): string {
  const newest = tailOf(log, MOST_BYTES);
  const older = tailOf(olderLog, MOST_BYTES - newest.length);
  const text = Buffer.concat([older, newest]).toString("utf8");
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  return all.length === 0 ? "" : `${all.slice(-lines).join("\n")}\n`;
}

function tailOf(path: string, bytes: number): Buffer {
  if (bytes <= 0) return Buffer.alloc(0);
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return Buffer.alloc(0);
  }
  try {
    const size = sizeOf(path);
    const buffer = Buffer.alloc(Math.min(bytes, size));
    const read = readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return buffer.subarray(0, read);
  } finally {
    closeSync(file);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
