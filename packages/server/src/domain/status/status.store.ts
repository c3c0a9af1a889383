/** What the room keeps: current documents, every change of them, and what became of whom. */
import type { Revision, Store } from "../../platform/store/index.ts";
import { loadStatuses, type LoadedStatuses } from "./loading.store.ts";
import { pastRows, type PastRows } from "./past.store.ts";
import { pruneStatuses } from "./pruning.store.ts";
import type { Schema } from "./tables.store.ts";
import { writeStatuses, type StatusWrite } from "./writes.store.ts";

export interface StatusStore extends PastRows {
  /** All there is, with so many events at most. */
  load(events: number): Promise<LoadedStatuses>;
  write(change: StatusWrite): Promise<Revision>;
  /** Changes before this time; then parts that nobody has any more. Returns how many changes. */
  prune(before: number, events: number): Promise<number>;
}

export function statusStore(store: Store): StatusStore {
  const tables = store.tables<Schema>();
  return {
    ...pastRows(tables),
    load: (events) => loadStatuses(tables, events),
    write: (change) => writeStatuses(tables, change),
    prune: (before, events) => pruneStatuses(tables, before, events),
  };
}
