import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { lockFolder, orFolderFailure } from "../folder-lock.ts";

/** The files of an embedded store. */
export interface StoreFolder extends Disposable {
  readonly file: string;
  readonly backups: string;
}

/** Takes the folder for this process. */
export function takeFolder(folder: string): StoreFolder {
  const file = join(folder, "store.sqlite");
  const lock = lockFolder(folder);
  // SQLite gives its WAL the mode of the file, so that nobody else reads either.
  orFolderFailure(folder, () => closeSync(openSync(file, "a", 0o600)));
  return { file, backups: join(folder, "backups"), [Symbol.dispose]: () => lock[Symbol.dispose]() };
}
