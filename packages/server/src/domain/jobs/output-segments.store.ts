import type { Segments } from "../../platform/segments/index.ts";
import type { OutputStore } from "./output.store.ts";

/** Output beside SQLite: append-only files; the database holds only where each extent lies. */
export function segmentOutput(segments: Segments): OutputStore {
  return {
    async put(extents) {
      return segments.append(extents.map((extent) => extent.bytes));
    },
    async within() {},
    read: (extents) => segments.read(extents),
  };
}
