/**
 * Append-only files. Words: a *record* is what was appended; an *extent* is where it lies; a *segment* is one file of
 * many records; *sealing* compresses a finished segment without moving its extents. Whoever appends keeps the extents:
 * they are the only index, and what they do not name is not there.
 */
export type { SegmentInfo } from "./files.ts";
export { openSegments, type Segments, type SegmentsNeeds } from "./segments.ts";
export type { Extent } from "./record.ts";
