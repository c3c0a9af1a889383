/**
 * The ids of runs that were here and are forgotten, for 30 days: such a run is never started again. One line each,
 * `<run id> <epoch seconds>`, appended durably before the run's folder goes.
 */
import { open } from "node:fs/promises";
import { readIfThere, writeDurably } from "../platform/durable-file.ts";
import { isRunId } from "./layout.ts";

export const KEPT_SECONDS = 30 * 24 * 3600;

export interface Journal {
  has(run: string): boolean;
  /** Resolves when the ids are durable. */
  add(runs: readonly string[]): Promise<void>;
}

/** Pure: the lines worth keeping. What cannot be read (a torn last line) is skipped. */
export function readJournal(text: string, nowSeconds: number): Map<string, number> {
  const known = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [run, at] = line.split(" ");
    const seconds = Number(at);
    if (run === undefined || !isRunId(run) || !Number.isSafeInteger(seconds)) continue;
    if (seconds > nowSeconds - KEPT_SECONDS) known.set(run, seconds);
  }
  return known;
}

export async function openJournal(path: string, now: () => number): Promise<Journal> {
  const seconds = (): number => Math.floor(now() / 1000);
  const text = (await readIfThere(path)) ?? "";
  let known = readJournal(text, seconds());
  let lines = text.split("\n").length;
  let linesAtCompaction = lines;
  // Also mends a torn last line, so that the next append does not run into it.
  if (text !== "" && (lines > 2 * known.size + 1_000 || !text.endsWith("\n"))) await compact();

  async function compact(): Promise<void> {
    known = new Map([...known].filter(([, at]) => at > seconds() - KEPT_SECONDS));
    await writeDurably(path, render([...known]));
    lines = known.size;
    linesAtCompaction = lines;
  }
  let last: Promise<void> = Promise.resolve();
  return {
    has: (run) => known.has(run),
    add(runs) {
      const at = seconds();
      const entries = runs.map((run) => [run, at] as const);
      last = last
        .catch(() => undefined)
        .then(async () => {
          const file = await open(path, "a", 0o600);
          try {
            await file.writeFile(render(entries));
            await file.datasync();
          } finally {
            await file.close();
          }
          for (const [run] of entries) known.set(run, at);
          lines += entries.length;
          // Ids grow old while we run: look every ten thousand.
          if (lines > 2 * known.size + 1_000 || lines - linesAtCompaction > 10_000) await compact();
        });
      return last;
    },
  };
}

function render(entries: readonly (readonly [string, number])[]): string {
  return entries.map(([run, at]) => `${run} ${at}\n`).join("");
}
