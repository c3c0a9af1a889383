/**
 * A folder and everything below it, without ever following a symbolic link on the way: each part of a path is opened
 * from the one before it (as openat(2) with O_NOFOLLOW), so that nobody who can write in the folder leads us out of it,
 * whenever they swap a folder for a link.
 */
import { closeSync, constants, fsyncSync, lstatSync, mkdirSync, openSync, readlinkSync, realpathSync } from "node:fs";
import { AtalayaError } from "@atalaya/protocol";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** open(2): a descriptor that only names. Needs no right to list the folder. */
const O_PATH = 0o10_000_000;
const FOLDER_MODE = 0o755;

/** What stands at a path. */
export type Standing =
  | { readonly kind: "absent" }
  | {
      readonly kind: "file";
      readonly size: number;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "folder" }
  | { readonly kind: "other" };

export interface Tree extends Disposable {
  /** Absolute, links resolved. */
  readonly root: string;
  standing(path: string): Standing;
  /**
   * Calls `act` with a path to the same file that leads through no folder but its own; valid until it returns.
   * `make`: makes missing folders and tells which. Throws `ENOENT` when a folder is missing.
   */
  at<T>(path: string, act: (file: string) => T, make?: (folder: string) => void): T;
  /** Makes a folder and those above it; one that is there is left as it is. */
  folder(path: string, made: (folder: string) => void): void;
  /** Makes what happened in the folder of this path durable. */
  sync(path: string): void;
}

/** `root` must be there. */
export function openTree(root: string): Tree {
  const real = realpathSync(root);
  const top = openSync(real, O_PATH | O_DIRECTORY);

  function enter(parts: readonly string[], make: ((folder: string) => void) | undefined): number {
    let folder = top;
    for (const [index, name] of parts.entries()) {
      const next = step(folder, name, parts.slice(0, index + 1).join("/"), make);
      if (folder !== top) closeSync(folder);
      folder = next;
    }
    return folder;
  }

  function step(folder: number, name: string, path: string, make: ((folder: string) => void) | undefined): number {
    const file = `/proc/self/fd/${folder}/${name}`;
    try {
      for (;;) {
        try {
          return openSync(file, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        } catch (error) {
          if (make === undefined || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
          if (makeFolder(file)) make(path);
        }
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (folder !== top) closeSync(folder);
      if (code === "ENOTDIR" || code === "ELOOP") throw inTheWay(`${real}/${path}`);
      throw error;
    }
  }

  function at<T>(path: string, act: (file: string) => T, make?: (folder: string) => void): T {
    const parts = path.split("/");
    const name = parts.pop()!;
    const folder = enter(parts, make);
    try {
      return act(`/proc/self/fd/${folder}/${name}`);
    } finally {
      if (folder !== top) closeSync(folder);
    }
  }

  return {
    root: real,
    at,
    standing(path) {
      try {
        return at(path, standingOf);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return { kind: "absent" };
        throw error;
      }
    },
    folder(path, made) {
      const folder = enter(path.split("/"), made);
      if (folder !== top) closeSync(folder);
    },
    sync(path) {
      at(`${path}/.`.replace(/[^/]+\/\.$/, "."), (folder) => {
        const file = openSync(folder, O_RDONLY | O_DIRECTORY);
        try {
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
      });
    },
    [Symbol.dispose]: () => closeSync(top),
  };
}

/** False when somebody else was faster. */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(path, FOLDER_MODE);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function standingOf(path: string): Standing {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { kind: "absent" };
  if (found.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
  if (found.isDirectory()) return { kind: "folder" };
  if (!found.isFile()) return { kind: "other" };
  return { kind: "file", size: found.size, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
}

function inTheWay(path: string): AtalayaError {
  return new AtalayaError("deploy.folder", `${path} is a symbolic link or no folder: nothing is placed behind it`);
}
