/**
 * Words. The *spool* keeps every run the agent accepted until the server has committed its result: one folder a run.
 * The *journal* keeps the ids of runs that were there. Together they are why nothing runs twice and no result is lost.
 */
import { mkdir, open, readdir, rename, rm, statfs, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { codeOf, readIfThere, readJsonIfThere, syncFolder, writeSynced } from "../platform/durable-file.ts";
import { openJournal } from "./journal.ts";
import { isRunId, runFiles, type RunFiles } from "./layout.ts";
import { AcceptedRun, readClaim, type Claim } from "./records.ts";

export interface SpoolLimits {
  /** The folders of all runs together. */
  readonly totalBytes: number;
  readonly runs: number;
  /** Kept free on the disk. */
  readonly freeBytes: number;
}

/** 20,000 entries fit into a hello. */
export const defaultSpoolLimits: SpoolLimits = { totalBytes: 2 * 1024 ** 3, runs: 10_000, freeBytes: 32 * 1024 ** 2 };

export interface Listing {
  readonly accepted: readonly AcceptedRun[];
  /** Set aside: they had been accepted and cannot be read any more. */
  readonly damaged: readonly string[];
}

export interface Spool {
  files(run: string): RunFiles;
  /** Whether the run was here before and is forgotten. */
  forgotten(run: string): boolean;
  /**
   * What stands in the spool, for an agent that starts. Folders without a whole request were never accepted and are
   * removed, unless something in them shows that they were: those are damaged, and set aside.
   */
  list(): Promise<Listing>;
  /** True when another run would be too much. `used`: bytes of all output in the spool. */
  full(runs: number, used: number): Promise<boolean>;
  /** Resolves when the run is durable, so that `accepted` may be said. */
  accept(run: AcceptedRun): Promise<RunFiles>;
  /** Claims the run for ourselves: undefined when that worked, otherwise whose claim was first. */
  claim(run: string): Promise<Claim | undefined>;
  /** Output that a run may keep here before its command has to wait, while there are so many. */
  share(runs: number): number;
  /** For a run whose folder cannot be read: it is journaled, so that it never begins again, and kept for a person to look at. */
  setAside(run: string): Promise<void>;
  /** Journals the runs, then removes their folders. */
  forget(runs: readonly string[]): Promise<void>;
  /** Removes the folder of a run that never began, as if it had never been here: it may be sent again. */
  disown(run: string): Promise<void>;
}

export async function openSpool(
  data: string,
  now: () => number,
  limits: SpoolLimits = defaultSpoolLimits,
): Promise<Spool> {
  const folder = join(data, "spool");
  // Others may pass through, not look: a command's own account must reach its /proc/self/fd files.
  await mkdir(folder, { recursive: true, mode: 0o711 });
  const journal = await openJournal(join(data, "known-runs"), now);
  const remove = async (run: string): Promise<void> => {
    // Renamed first, so that a crash in the middle leaves nothing that looks like a run.
    const gone = join(folder, `gone-${run}`);
    try {
      await rename(join(folder, run), gone);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      await rm(gone, { recursive: true, force: true });
      await rename(join(folder, run), gone);
    }
    await rm(gone, { recursive: true, force: true });
  };
  const setAside = async (run: string): Promise<void> => {
    await journal.add([run]);
    const aside = join(folder, `${ASIDE}${run}`);
    await rm(aside, { recursive: true, force: true });
    await rename(join(folder, run), aside);
  };
  return {
    files: (run) => runFiles(folder, run),
    forgotten: (run) => journal.has(run),
    async list() {
      const found: AcceptedRun[] = [];
      const damaged: string[] = [];
      for (const name of await readdir(folder)) {
        if (name.startsWith(ASIDE)) continue;
        if (!isRunId(name)) await rm(join(folder, name), { recursive: true, force: true });
        else if (journal.has(name)) await remove(name);
        else {
          const accepted = await readAccepted(runFiles(folder, name));
          if (accepted === "never") await rm(join(folder, name), { recursive: true, force: true });
          else if (accepted === "damaged") damaged.push(name);
          else found.push(accepted);
        }
      }
      // On a full disk they stay where they are: there, nothing can be accepted either.
      for (const run of damaged) await setAside(run).catch(() => undefined);
      return { accepted: found, damaged };
    },
    share: (runs) => Math.max(LEAST_SHARE_BYTES, Math.floor(limits.totalBytes / Math.max(1, runs))),
    setAside,
    async full(runs, used) {
      if (runs >= limits.runs || used >= limits.totalBytes) return true;
      const disk = await statfs(folder);
      return disk.bavail * disk.bsize < limits.freeBytes;
    },
    async accept(run) {
      const files = runFiles(folder, run.run);
      await rm(files.folder, { recursive: true, force: true });
      await mkdir(files.folder, { mode: 0o711 });
      await writeSynced(files.request, JSON.stringify(run));
      await syncFolder(files.folder);
      await syncFolder(folder);
      return files;
    },
    async claim(run) {
      const path = runFiles(folder, run).claim;
      try {
        const file = await open(path, "wx", 0o600);
        await file.writeFile("agent\n");
        await file.close();
        return undefined;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        return readClaim((await readIfThere(path)) ?? "");
      }
    },
    async forget(runs) {
      // Their output is committed elsewhere. On a full disk this makes the room that the journal needs.
      await Promise.all(
        runs.flatMap((run) => {
          const { stdout, stderr } = runFiles(folder, run);
          return [removeOutput(stdout), removeOutput(stderr)];
        }),
      );
      await journal.add(runs);
      await Promise.all(runs.map(remove));
    },
    disown: remove,
  };
}

/** Emptied first: the pump of a command that left processes behind has it open as long as they live. */
async function removeOutput(path: string): Promise<void> {
  await truncate(path).catch((error: unknown) => {
    if (codeOf(error) !== "ENOENT") throw error;
  });
  await rm(path, { force: true });
}

const ASIDE = "damaged-";
const LEAST_SHARE_BYTES = 256 * 1024;

/** `never`: the agent was killed while it accepted the run, so nobody was told and nothing began. */
async function readAccepted(files: RunFiles): Promise<AcceptedRun | "never" | "damaged"> {
  const accepted = await readJsonIfThere(files.request, AcceptedRun).catch(() => undefined);
  if (accepted !== undefined) return accepted;
  // Whatever else there is was made after the request was whole and durable.
  const names = await readdir(files.folder).catch(() => undefined);
  return names !== undefined && names.every((name) => name === basename(files.request)) ? "never" : "damaged";
}
