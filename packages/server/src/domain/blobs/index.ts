/**
 * Words. A *blob* is bytes addressed by their SHA-256. Whoever *uploads* it brings all its bytes; *naming* is what a job
 * does whose request refers to it. Knowing a digest is no permission: a blob is read by who uploaded it, by who may see
 * a job that names it, and by hosts with an unfinished run of such a job. What nothing names any more is *collected*.
 */
export { createBlobs, type BlobsRoom, type BlobsRoomNeeds, type BlobState, type UploadPart } from "./blobs.ts";
export { blobRoutes } from "./blobs.routes.ts";
export { agentBlobs } from "./agent-blobs.routes.ts";
export { collectHourly } from "./collect-hourly.ts";
export type { BlobNames } from "./names.ts";
