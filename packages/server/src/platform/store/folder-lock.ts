import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AtalayaError } from "@atalaya/protocol";

const SQLITE_BUSY = 5;

/**
 * Takes a folder for this process, making it where it is missing. The lock is SQLite's own on an empty file: the kernel
 * lets go of it when the process dies, however it dies. Throws `data.in-use`, `data.unwritable`.
 */
export function lockFolder(folder: string): Disposable {
  return orFolderFailure(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = new DatabaseSync(join(folder, "store.lock"), { timeout: 0 });
    try {
      lock.exec("pragma journal_mode = memory; begin exclusive");
    } catch (error) {
      lock.close();
      throw error;
    }
    return { [Symbol.dispose]: () => lock.close() };
  });
}

/** What goes wrong with a store's folder, as a person who starts a server should read it. */
export function orFolderFailure<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw folderFailure(folder, cause);
  }
}

function folderFailure(folder: string, cause: unknown): AtalayaError {
  if (cause instanceof AtalayaError) return cause;
  if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) {
    return new AtalayaError("data.in-use", `Another server works in ${folder}`, {
      cause,
      next: "Stop the other server, or choose another data folder (ATALAYA_DATA)",
    });
  }
  return new AtalayaError("data.unwritable", `The store cannot be opened in ${folder}: ${(cause as Error).message}`, {
    cause,
    next: "Choose a folder this account can write to (ATALAYA_DATA)",
  });
}
