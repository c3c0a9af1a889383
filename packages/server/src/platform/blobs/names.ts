import { createHash } from "node:crypto";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";

/** 64 lower-case hexadecimal digits: what a blob is called, and nothing that could lead out of the folder. */
const DIGEST = /^[0-9a-f]{64}$/;

export interface BlobPaths {
  /** Where partial and unnamed uploads wait. */
  readonly incoming: string;
  readonly stored: string;
}

export function blobPaths(folder: string): BlobPaths {
  return { incoming: join(folder, "incoming"), stored: join(folder, "sha256") };
}

export function isDigest(name: string): boolean {
  return DIGEST.test(name);
}

/** The file an upload waits in: one for each sender, whatever a sender is called. */
export function uploadName(sha256: string, sender: string | undefined): string {
  if (sender === undefined) return sha256;
  return `${sha256}.${createHash("sha256").update(sender).digest("hex").slice(0, 32)}`;
}

export function isUpload(name: string): boolean {
  return /^[0-9a-f]{64}(\.[0-9a-f]{32})?$/.test(name);
}

export function isUploadOf(name: string, sender: string): boolean {
  return isUpload(name) && name === uploadName(name.slice(0, 64), sender);
}

export function checkDigest(sha256: string): void {
  if (!isDigest(sha256)) throw new AtalayaError("request.malformed", "A blob is named by its SHA-256 in hexadecimal");
}

/** Two levels, so that a folder never has more than a 256th of all blobs. */
export function storedFolder({ stored }: BlobPaths, sha256: string): string {
  return join(stored, sha256.slice(0, 2));
}

export function storedPath(paths: BlobPaths, sha256: string): string {
  return join(storedFolder(paths, sha256), sha256);
}

export function blobUnknown(sha256: string): AtalayaError {
  return new AtalayaError("blob.unknown", `There is no blob ${sha256}`);
}
