/** The moment of change: what was there is kept, the journal is written, then each file takes its place by one rename. */
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from "node:fs";
import type { FileOutcome } from "@atalaya/protocol";
import { fileFailure } from "./failure.ts";
import { openRegular } from "./digest.ts";
import { merge, type Before, type Entry } from "./journal.ts";
import type { Staging, Step } from "./staging.ts";
import { journalOf, TEMPORARY_PREFIX, type State } from "./state.ts";
import type { Tree } from "./tree.ts";

export interface Placed {
  /** By step, in their order. */
  readonly outcomes: readonly FileOutcome[];
  /** Puts everything back as it was. Returns what could not be put back. */
  undo(): readonly string[];
}

export function placeAll(staging: Staging, state: State, account: string): Placed {
  const { steps } = staging;
  const kept = steps.map((step) => keep(step, state, account));
  const entries = steps.map(({ tree, path, after }, at): Entry => ({
    root: tree.root,
    path,
    before: kept[at]!,
    after,
  }));
  const earlier = journalOf(state);
  // Written down before: whoever is killed from here on leaves what a rollback needs.
  state.write(merge(earlier, { version: 1, entries, folders: [...staging.folders] }));
  const outcomes: FileOutcome[] = [];
  const undo = (): string[] => {
    const left: string[] = [];
    for (let at = outcomes.length - 1; at >= 0; at -= 1) {
      const { tree, path } = steps[at]!;
      if (outcomes[at] === "kept") continue;
      try {
        putBack(tree, path, kept[at]!, state);
      } catch {
        left.push(`${tree.root}/${path}`);
      }
    }
    removeFolders(staging.folders);
    if (left.length === 0) state.write(earlier);
    return left;
  };
  try {
    for (const step of steps) outcomes.push(placeOne(step));
    for (const { tree, path } of steps) tree.sync(path);
  } catch (error) {
    const { tree, path } = steps[outcomes.length] ?? steps[0]!;
    undo();
    throw fileFailure(error, `${tree.root}/${path}`, account);
  }
  return { outcomes, undo };
}

function placeOne({ tree, path, before, after, temporary, onlyIfAbsent }: Step): FileOutcome {
  return tree.at(path, (file) => {
    if (temporary === undefined) {
      unlinkSync(file);
      return "removed";
    }
    const ready = file.replace(/[^/]+$/, temporary.split("/").at(-1)!);
    if (!onlyIfAbsent) {
      renameSync(ready, file);
      return before.kind === "absent" ? "created" : "replaced";
    }
    try {
      if (after.kind === "link") symlinkSync(after.target, file);
      else linkSync(ready, file);
      unlinkSync(ready);
      return "created";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      unlinkSync(ready);
      return "kept";
    }
  });
}

/** What stands there, as another name of the same file where that is possible: after the rename it is the only one. */
function keep({ tree, path, before }: Step, state: State, account: string): Before {
  if (before.kind !== "file") return before;
  const name = state.nextKept();
  const { size, mode, uid, gid } = before;
  try {
    tree.at(path, (file) => {
      try {
        linkSync(file, state.kept(name));
      } catch {
        // Another disk, or a file of somebody else's (protected_hardlinks).
        copyRegular(file, state.kept(name), 0o600);
      }
    });
  } catch (error) {
    throw fileFailure(error, `${state.folder} (to keep ${tree.root}/${path})`, account);
  }
  return { kind: "file", kept: name, size, mode, uid, gid };
}

/** Makes a path what it was: by a copy, so that what is kept stays as it is. */
export function putBack(tree: Tree, path: string, before: Before, state: Pick<State, "kept">): void {
  tree.at(path, (file) => {
    const ready = file.replace(/[^/]+$/, `${TEMPORARY_PREFIX}back-${process.pid}`);
    if (before.kind === "absent") return rmSync(file, { force: true });
    if (before.kind === "link") symlinkSync(before.target, ready);
    else copyRegular(state.kept(before.kept), ready, before.mode, before);
    renameSync(ready, file);
  });
}

export function copyRegular(
  from: string,
  to: string,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
): void {
  closeSync(openRegular(from));
  rmSync(to, { force: true });
  copyFileSync(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  chmodSync(to, 0o600);
  const file = openSync(to, "r+");
  try {
    if (owner !== undefined) giveBack(file, owner);
    fchmodSync(file, mode);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A file of somebody else's that this account could replace cannot become that one's again. */
function giveBack(file: number, { uid, gid }: { readonly uid: number; readonly gid: number }): void {
  try {
    fchownSync(file, uid, gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") throw error;
  }
}

/** Those that are empty. */
export function removeFolders(folders: readonly string[]): void {
  for (const folder of folders.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      // Somebody has put something there meanwhile, or it is gone.
    }
  }
}
