import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing; false when it was there. Node's own `recursive` goes round for
 * ever where a folder exists and takes none, as `/proc`.
 */
export function makeFolders(path: string, mode: number): boolean {
  const made = make(path, mode);
  if (made !== undefined || dirname(path) === path) return made ?? false;
  makeFolders(dirname(path), mode);
  mkdirSync(path, { mode });
  return true;
}

/** Undefined: the folder above is missing, or takes none. */
function make(path: string, mode: number): boolean | undefined {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (code === "ENOENT") return undefined;
    throw error;
  }
}
