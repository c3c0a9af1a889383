/** Files into their places, all of them or none: staged beside their places, kept under other names while it may still fail. */
import {
  chownSync,
  chmodSync,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  closeSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname } from "node:path";
import { AtalayaError, type PersonalityFile } from "@atalaya/protocol";
import { ownerOf, type Owner } from "../deploy/worker/ownership.ts";
import { openTree, type Standing, type Tree } from "../deploy/worker/tree.ts";
import { orphans, type Entry, type JournalFile } from "./journal.ts";

export type FileOutcome = "created" | "replaced" | "unchanged";

export interface Placed {
  readonly outcomes: readonly (readonly [string, FileOutcome])[];
  /** They stay. */
  commit(): void;
  /** Every file is as it was. */
  undo(): void;
}

export interface WantedFile extends PersonalityFile {
  /** Absolute, links of its folder resolved. */
  readonly real: string;
}

interface Step extends Entry {
  readonly content: Buffer;
  readonly mode: number;
  readonly owner: Owner;
}

const DEFAULT_MODE = 0o644;

/** Throws `personality.path` having changed nothing. */
export function placeAll(files: readonly WantedFile[], journal: JournalFile): Placed {
  const tree = openTree("/");
  const found = files.map((file) => ({ file, step: stepOf(file, tree) }));
  const steps = found.flatMap(({ step }) => (step === undefined ? [] : [step]));
  const folders = missingFolders(steps);
  const outcomes = found.map(({ file, step }) => [file.path, outcomeOf(step)] as const);
  if (steps.length === 0) {
    tree[Symbol.dispose]();
    return { outcomes, commit: () => undefined, undo: () => undefined };
  }
  const undo = (): void => {
    undoAll(steps, folders, tree);
    journal.remove();
    tree[Symbol.dispose]();
  };
  try {
    journal.write("placing", steps.map(entryOf), folders);
    for (const step of steps) stage(step, tree);
    for (const step of steps) put(step, tree);
    for (const step of steps) tree.sync(relative(step.path));
  } catch (error) {
    undo();
    throw error instanceof AtalayaError ? error : pathFailure(error);
  }
  return {
    outcomes,
    undo,
    commit() {
      journal.write("placed", steps.map(entryOf), folders);
      removeBackups(steps, tree);
      journal.remove();
      tree[Symbol.dispose]();
    },
  };
}

/** Undoes, or ends, what earlier workers were cut off in. Returns how many files were put back. */
export function recover(data: string): number {
  let count = 0;
  for (const { journal, remove } of orphans(data)) {
    using tree = openTree("/");
    if (journal.phase === "placing") {
      undoAll(journal.entries, journal.folders, tree);
      count += journal.entries.length;
    } else removeBackups(journal.entries, tree);
    remove();
  }
  return count;
}

const relative = (path: string): string => path.slice(1);
const outcomeOf = (step: Step | undefined): FileOutcome =>
  step === undefined ? "unchanged" : step.existed ? "replaced" : "created";
const entryOf = ({ path, staged, backup, existed }: Step): Entry => ({ path, staged, backup, existed });

/** Undefined: it is so already. */
function stepOf(file: WantedFile, tree: Tree): Step | undefined {
  const { real: path } = file;
  const standing = standingAt(tree, path);
  if (standing.kind === "folder" || standing.kind === "other")
    throw new AtalayaError("personality.path", `${path} is no file, and is left alone`);
  const me = { uid: process.getuid!(), gid: process.getgid!(), groups: process.getgroups!() };
  const was = standing.kind === "file" ? standing : undefined;
  const owner =
    file.owner === undefined ? { uid: was?.uid ?? me.uid, gid: was?.gid ?? me.gid } : ownerOf(file.owner, me);
  const mode = file.mode === undefined ? (was?.mode ?? DEFAULT_MODE) : Number.parseInt(file.mode, 8);
  const content = Buffer.from(file.content, "base64");
  if (
    was !== undefined &&
    was.mode === mode &&
    was.uid === owner.uid &&
    was.gid === owner.gid &&
    was.size === content.length
  ) {
    if (tree.at(relative(path), (at) => readFileSync(at)).equals(content)) return undefined;
  }
  const id = randomBytes(6).toString("hex");
  const [staged, backup] = [`.atalaya-new-${id}`, `.atalaya-old-${id}`];
  return { path, staged, backup, existed: standing.kind !== "absent", content, mode, owner };
}

function standingAt(tree: Tree, path: string): Standing {
  try {
    return tree.standing(relative(path));
  } catch (error) {
    throw pathFailure(error);
  }
}

/** Outermost first. */
function missingFolders(steps: readonly Step[]): readonly string[] {
  const missing = new Set<string>();
  for (const { path } of steps) {
    for (let folder = dirname(path); !existsSync(folder); folder = dirname(folder)) missing.add(folder);
  }
  return [...missing].toSorted((a, b) => a.length - b.length);
}

function beside(file: string, name: string): string {
  return `${dirname(file)}/${name}`;
}

function stage({ path, staged, content, mode, owner }: Step, tree: Tree): void {
  tree.at(
    relative(path),
    (file) => {
      const at = beside(file, staged);
      writeFileSync(at, content, { mode: 0o600, flag: "wx" });
      chownSync(at, owner.uid, owner.gid);
      // After the owner: giving a file away takes its setuid bit.
      chmodSync(at, mode);
      const open = openSync(at, "r");
      fsyncSync(open);
      closeSync(open);
    },
    () => undefined,
  );
}

function put({ path, staged, backup, existed }: Step, tree: Tree): void {
  tree.at(relative(path), (file) => {
    if (existed) linkSync(file, beside(file, backup));
    renameSync(beside(file, staged), file);
  });
}

function undoAll(entries: readonly Entry[], folders: readonly string[], tree: Tree): void {
  for (const { path, staged, backup, existed } of entries.toReversed()) {
    try {
      tree.at(relative(path), (file) => {
        const placed = !isThere(beside(file, staged));
        if (isThere(beside(file, backup))) renameSync(beside(file, backup), file);
        else if (!existed && placed) rmSync(file, { force: true });
        rmSync(beside(file, staged), { force: true });
        // rename(2) does nothing between two names of one file.
        rmSync(beside(file, backup), { force: true });
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      // Somebody has put something there meanwhile, or it was never made.
    }
  }
}

function removeBackups(entries: readonly Entry[], tree: Tree): void {
  for (const { path, backup } of entries) {
    tree.at(relative(path), (file) => rmSync(beside(file, backup), { force: true }));
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function pathFailure(error: unknown): AtalayaError {
  if (error instanceof AtalayaError && error.code !== "deploy.folder") return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = {
    EACCES: "may not be written",
    EPERM: "may not be written",
    EROFS: "is on a file system that cannot be written",
    ENOSPC: "is on a disk that is full",
    ENOTDIR: "lies below something that is no folder",
  }[code ?? ""];
  const where =
    error instanceof AtalayaError ? error.message : `${why === undefined ? message : `a file ${why} (${message})`}`;
  return new AtalayaError("personality.path", where, { cause: error });
}
