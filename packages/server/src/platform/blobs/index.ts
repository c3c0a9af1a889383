/**
 * Bytes by their name. Words: a *blob* is a file addressed by the SHA-256 of its bytes; an *upload* is one that is not
 * whole yet; *collecting* removes what nothing names.
 */
export { openBlobs, type Blob, type Blobs, type BlobsNeeds, type PutOptions, type Range } from "./blobs.ts";
export type { Collected } from "./collect.ts";
export type { Received } from "./receive.ts";
