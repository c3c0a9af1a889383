/**
 * Everything is made ready beside the place where it will stand, under a name of its own, before anything is changed: a
 * full disk, a broken archive or a right that is missing shows itself while all is as it was.
 */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lchownSync,
  openSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { AtalayaError } from "@atalaya/protocol";
import { openRegular } from "./digest.ts";
import { fileFailure } from "./failure.ts";
import type { After } from "./journal.ts";
import type { Owner } from "./ownership.ts";
import { TEMPORARY_PREFIX, type State } from "./state.ts";
import type { Standing, Tree } from "./tree.ts";

/** One change, made ready. */
export interface Step {
  readonly tree: Tree;
  readonly path: string;
  readonly before: Exclude<Standing, { kind: "folder" | "other" }>;
  readonly after: After;
  /** Beside the path. Absent where a file is to go. */
  readonly temporary?: string;
  /** Only if still nothing stands there when its turn comes. */
  readonly onlyIfAbsent: boolean;
}

export interface Making {
  readonly mode: number;
  readonly owner: Owner | undefined;
}

export interface Staging {
  readonly steps: readonly Step[];
  /** Folders that were made: absolute, outermost first. */
  readonly folders: readonly string[];
  /** What stands at a path and may be replaced. Throws for folders and devices. */
  standing(tree: Tree, path: string): Step["before"];
  /** A new file for this path; `fill` writes into the descriptor and tells what it holds. */
  file(
    tree: Tree,
    path: string,
    making: Making,
    fill: (file: number) => Promise<{ readonly sha256: string; readonly size: number }>,
  ): Promise<Staged>;
  link(tree: Tree, path: string, target: string, owner: Owner | undefined): Staged;
  /** The file at this path is to go. */
  removal(tree: Tree, path: string): void;
  /** False when it is there already: it is left as it is. `making`: of the last folder only. */
  folder(tree: Tree, path: string, making?: Partial<Making>): boolean;
  /** Made by somebody else's hand for this deployment. */
  madeFolder(path: string): void;
  /** Takes away all that was not placed. Never throws. */
  discard(): void;
}

/** Something made ready that may still be left out. */
export interface Staged {
  readonly after: After;
  place(onlyIfAbsent: boolean): void;
  drop(): void;
  /** It stays until all is placed, and goes then. */
  leave(): void;
  /** A descriptor of it for reading; only before all is placed. */
  open(): number;
}

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

export function createStaging(state: State, account: string): Staging {
  const steps: Step[] = [];
  const taken = new Set<string>();
  const folders: string[] = [];
  const waiting = new Map<string, () => void>();

  const made = (tree: Tree) => (folder: string) => void folders.push(`${tree.root}/${folder}`);
  const shown = (tree: Tree, path: string): string => `${tree.root}/${path}`;

  function guarded<T>(tree: Tree, path: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw fileFailure(error, shown(tree, path), account);
    }
  }

  function reserve(tree: Tree, path: string): string {
    if (taken.has(shown(tree, path)))
      throw new AtalayaError("deploy.archive", `${shown(tree, path)} would be placed twice`);
    taken.add(shown(tree, path));
    const name = `${TEMPORARY_PREFIX}${randomBytes(9).toString("base64url")}`;
    return path.includes("/") ? `${path.slice(0, path.lastIndexOf("/"))}/${name}` : name;
  }

  function standing(tree: Tree, path: string): Step["before"] {
    const found = guarded(tree, path, () => tree.standing(path));
    if (found.kind === "folder" || found.kind === "other") {
      const what = found.kind === "folder" ? "a folder" : "no file";
      throw new AtalayaError("deploy.folder", `${shown(tree, path)} is ${what}: it is not replaced by a file`);
    }
    return found;
  }

  function staged(tree: Tree, path: string, temporary: string, after: After): Staged {
    const drop = (): void => {
      waiting.delete(temporary);
      try {
        tree.at(temporary, (file) => rmSync(file, { force: true }));
      } catch {
        // The next worker tries again.
      }
    };
    waiting.set(temporary, drop);
    return {
      after,
      drop,
      leave: () => undefined,
      open: () => tree.at(temporary, openRegular),
      place: (onlyIfAbsent) =>
        void steps.push({ tree, path, before: standing(tree, path), after, temporary, onlyIfAbsent }),
    };
  }

  return {
    steps,
    folders,
    standing,
    async file(tree, path, { mode, owner }, fill) {
      const temporary = reserve(tree, path);
      state.temporary(tree.root, temporary);
      const file = guarded(tree, path, () =>
        tree.at(temporary, (at) => openSync(at, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR, 0o600), made(tree)),
      );
      try {
        const held = await fill(file);
        if (owner !== undefined) fchownSync(file, owner.uid, owner.gid);
        // After the owner: changing that takes away setuid, and somebody else must not have it before.
        fchmodSync(file, mode);
        fsyncSync(file);
        return staged(tree, path, temporary, { kind: "file", ...held, mode });
      } catch (error) {
        staged(tree, path, temporary, { kind: "absent" }).drop();
        throw fileFailure(error, shown(tree, path), account);
      } finally {
        closeSync(file);
      }
    },
    link(tree, path, target, owner) {
      const temporary = reserve(tree, path);
      state.temporary(tree.root, temporary);
      guarded(tree, path, () =>
        tree.at(
          temporary,
          (at) => {
            symlinkSync(target, at);
            if (owner !== undefined) lchownSync(at, owner.uid, owner.gid);
          },
          made(tree),
        ),
      );
      return staged(tree, path, temporary, { kind: "link", target });
    },
    removal(tree, path) {
      steps.push({ tree, path, before: standing(tree, path), after: { kind: "absent" }, onlyIfAbsent: false });
    },
    folder(tree, path, { mode, owner } = {}) {
      return guarded(tree, path, () => {
        let isNew = false;
        tree.folder(path, (folder) => {
          made(tree)(folder);
          isNew = folder === path;
        });
        if (isNew && (mode !== undefined || owner !== undefined)) tree.at(path, (at) => dress(at, mode, owner));
        return isNew;
      });
    },
    madeFolder: (path) => void folders.push(path),
    discard() {
      for (const drop of [...waiting.values()]) drop();
    },
  };
}

function dress(path: string, mode: number | undefined, owner: Owner | undefined): void {
  const folder = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    if (owner !== undefined) fchownSync(folder, owner.uid, owner.gid);
    if (mode !== undefined) fchmodSync(folder, mode);
  } finally {
    closeSync(folder);
  }
}
