import { readSync } from "node:fs";
import { unacceptable } from "./entry.ts";

export type ArchiveKind = "tar" | "tar.gz" | "tar.zst" | "zip";

/** By its first bytes; a name proves nothing. Throws `deploy.archive`. */
export function archiveKind(file: number): ArchiveKind {
  const head = Buffer.alloc(512);
  const length = readSync(file, head, 0, head.length, 0);
  const begins = (...bytes: number[]): boolean =>
    length >= bytes.length && bytes.every((byte, at) => head[at] === byte);
  if (begins(0x1f, 0x8b)) return "tar.gz";
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return "tar.zst";
  if (begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) return "zip";
  if (length === 512 && (isTarHeader(head) || head.every((byte) => byte === 0))) return "tar";
  throw unacceptable("this is no tar, tar.gz, tar.zst or zip");
}

/** By the checksum of its header (POSIX.1-2024, pax, ustar): also the old tar without a magic word. */
function isTarHeader(head: Buffer): boolean {
  const told = Number.parseInt(
    head
      .toString("latin1", 148, 156)
      .replace(/[\0 ].*$/s, "")
      .trim() || "x",
    8,
  );
  let sum = 8 * 0x20;
  for (let at = 0; at < 512; at += 1) if (at < 148 || at >= 156) sum += head[at]!;
  return told === sum;
}
