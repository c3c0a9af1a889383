/** Where an account keeps what its deployments replaced: `~/.local/state/atalaya/deployments/<id>/`. */
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { emptyJournal, Journal } from "./journal.ts";
import { openTree } from "./tree.ts";

export interface State {
  /** Absolute. */
  readonly folder: string;
  /** Undefined when this deployment has done nothing here, or so long ago that it is forgotten. */
  journal(): Journal | undefined;
  /** Durable when it returns. */
  write(journal: Journal): void;
  /** A name for a file to be kept that no other has. */
  nextKept(): string;
  kept(name: string): string;
  /** A file of ours that must not stay if we are killed. */
  temporary(root: string, path: string): void;
  /** All temporaries are gone. */
  tidy(): void;
}

const KEPT_DEPLOYMENTS = 10;

/** The folder of all deployments of the account; made if it is missing. */
export function stateFolder(home: string, uid: number): string {
  try {
    const folder = join(home, ".local/state/atalaya/deployments");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  } catch {
    // The account has no home, as those of services: a folder of its own that nobody else could have made for it.
    const own = `/var/tmp/atalaya-${uid}`;
    mkdirSync(own, { recursive: true, mode: 0o700 });
    const found = lstatSync(own);
    if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0)
      throw new AtalayaError("deploy.folder", `${own} is not this account's alone: nothing can be kept there`);
    const folder = join(own, "deployments");
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
}

export function openState(all: string, deployment: string): State {
  const folder = join(all, deployment);
  const journalFile = join(folder, "journal.json");
  const keptFolder = join(folder, "kept");
  const temporaries = join(folder, "temporaries");
  let last: number | undefined;

  const make = (): void => void mkdirSync(keptFolder, { recursive: true, mode: 0o700 });
  return {
    folder,
    journal() {
      try {
        return Journal.parse(JSON.parse(readFileSync(journalFile, "utf8")));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw new AtalayaError("deploy.nothing-kept", `${journalFile} cannot be read any more`, { cause: error });
      }
    },
    write(journal) {
      make();
      const next = `${journalFile}.new`;
      writeFileSync(next, JSON.stringify(journal), { mode: 0o600, flush: true });
      renameSync(next, journalFile);
      for (const path of [keptFolder, folder]) syncFolder(path);
    },
    nextKept() {
      make();
      last ??= Math.max(-1, ...readdirSync(keptFolder).map(Number));
      last += 1;
      return String(last);
    },
    kept: (name) => join(keptFolder, name),
    temporary(root, path) {
      make();
      appendFileSync(temporaries, `${JSON.stringify([process.pid, startOf(process.pid), root, path])}\n`, {
        mode: 0o600,
      });
    },
    tidy: () => rmSync(temporaries, { force: true }),
  };
}

/** Removes what workers that were killed have left beside files, and what is kept of deployments long ago. */
export function sweep(all: string, current: string): void {
  const names = readdirSync(all).filter((name) => name !== current);
  for (const name of readdirSync(all)) sweepTemporaries(join(all, name, "temporaries"));
  const ages = names.map((name) => ({ name, at: statSync(join(all, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }));
  for (const { name } of ages.toSorted((a, b) => b.at - a.at).slice(KEPT_DEPLOYMENTS - 1))
    rmSync(join(all, name), { recursive: true, force: true });
}

function sweepTemporaries(file: string): void {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").trim().split("\n");
  } catch {
    return;
  }
  const left: string[] = [];
  for (const line of lines) {
    try {
      const [pid, start, root, path] = JSON.parse(line) as [number, string, string, string];
      if (startOf(pid) === start) left.push(line);
      else removeTemporary(root, path);
    } catch {
      // A line that was cut off, or a folder that is gone: there is nothing of ours then.
    }
  }
  if (left.length === 0) rmSync(file, { force: true });
}

export const TEMPORARY_PREFIX = ".atalaya-";

function removeTemporary(root: string, path: string): void {
  if (!(path.split("/").at(-1) ?? "").startsWith(TEMPORARY_PREFIX)) return;
  using tree = openTree(root);
  tree.at(path, (at) => rmSync(at, { force: true }));
}

/** When a process began, in ticks since boot (proc(5), stat 22): with the pid it names a process for this boot. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // One that was killed and that nobody waits for.
    if (fields[0] === "Z" || fields[0] === "X") return "gone";
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return "gone";
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

export function journalOf(state: State): Journal {
  return state.journal() ?? emptyJournal;
}
