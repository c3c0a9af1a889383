/** What a personality is in the middle of, durably, so that one that was cut off is undone by whoever comes next. */
import {
  mkdirSync,
  openSync,
  closeSync,
  fsyncSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { statOf } from "../exec/processes.ts";

const Entry = z.object({
  /** Absolute, links of its folder resolved. */
  path: z.string(),
  /** Names beside it. */
  staged: z.string(),
  backup: z.string(),
  existed: z.boolean(),
});
export type Entry = z.output<typeof Entry>;

const Journal = z.object({
  phase: z.enum(["placing", "placed"]),
  pid: z.int(),
  /** When that process began, in ticks since boot. */
  since: z.number(),
  bootId: z.string(),
  entries: z.array(Entry),
  /** That were missing, outermost first. */
  folders: z.array(z.string()),
});
export type Journal = z.output<typeof Journal>;

export interface JournalFile {
  write(phase: Journal["phase"], entries: readonly Entry[], folders: readonly string[]): void;
  remove(): void;
}

const folderOf = (data: string): string => join(data, "personality");

export function journalOf(data: string, run: string): JournalFile {
  const folder = folderOf(data);
  const path = join(folder, `${run}.json`);
  return {
    write(phase, entries, folders) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const since = statOf(process.pid)?.since ?? 0;
      const journal: Journal = {
        phase,
        pid: process.pid,
        since,
        bootId: bootId(),
        entries: [...entries],
        folders: [...folders],
      };
      writeFileSync(`${path}.new`, JSON.stringify(journal), { mode: 0o600, flush: true });
      renameSync(`${path}.new`, path);
      syncFolder(folder);
    },
    remove: () => rmSync(path, { force: true }),
  };
}

/** Journals whose worker is gone. */
export function orphans(data: string): readonly { readonly journal: Journal; remove(): void }[] {
  let names: string[];
  try {
    names = readdirSync(folderOf(data)).filter((name) => name.endsWith(".json"));
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(folderOf(data), name);
    const journal = parsed(path);
    if (journal === undefined) return [];
    const alive = journal.bootId === bootId() && statOf(journal.pid)?.since === journal.since;
    return alive ? [] : [{ journal, remove: () => rmSync(path, { force: true }) }];
  });
}

function parsed(path: string): Journal | undefined {
  try {
    return Journal.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}
