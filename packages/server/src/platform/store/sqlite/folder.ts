import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { AtalayaError } from "@atalaya/protocol";

/** The files of an embedded store. */
export interface StoreFolder extends Disposable {
  readonly file: string;
  readonly backups: string;
}

/**
 * Takes the folder for this process. The lock is SQLite's own on an empty file: the kernel lets go of it when the
 * process dies, however it dies.
 */
export function takeFolder(folder: string): StoreFolder {
  const file = join(folder, "store.sqlite");
  const lock = lockFile(folder, file);
  return { file, backups: join(folder, "backups"), [Symbol.dispose]: () => lock.close() };
}

function lockFile(folder: string, file: string): DatabaseSync {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // SQLite gives its WAL the mode of the file, so that nobody else reads either.
    closeSync(openSync(file, "a", 0o600));
    const lock = new DatabaseSync(join(folder, "store.lock"), { timeout: 0 });
    try {
      lock.exec("pragma journal_mode = memory; begin exclusive");
    } catch (error) {
      lock.close();
      throw error;
    }
    return lock;
  } catch (cause) {
    throw folderFailure(folder, cause);
  }
}

const SQLITE_BUSY = 5;

function folderFailure(folder: string, cause: unknown): AtalayaError {
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
