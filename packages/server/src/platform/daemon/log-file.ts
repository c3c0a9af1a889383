import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import type { Account } from "./account.ts";
import { makeFolderFor } from "./given.ts";

/**
 * Opens the log to append, 0600, as a file of the account that will write it. Root may do this in a folder of that
 * account's, so it takes no link and no file of anybody else's. Throws `data.unwritable`.
 */
export async function openLogFile(path: string, account: Account | undefined): Promise<FileHandle> {
  await makeFolderFor(dirname(path), account, 0o700);
  const flags =
    constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let file: FileHandle;
  try {
    file = await open(path, flags, 0o600);
  } catch (cause) {
    throw unusable(path, (cause as NodeJS.ErrnoException).code ?? "", cause);
  }
  const own = process.geteuid?.() ?? 0;
  const { uid, nlink, ...stats } = await file
    .stat()
    .then((all) => ({ uid: all.uid, nlink: all.nlink, isFile: all.isFile() }));
  if (!stats.isFile || nlink !== 1 || (uid !== own && uid !== account?.uid)) {
    await file.close();
    throw unusable(path, "it is no plain file of the server's");
  }
  if (account !== undefined && own === 0) await file.chown(account.uid, account.gid);
  return file;
}

function unusable(path: string, why: string, cause?: unknown): AtalayaError {
  return new AtalayaError("data.unwritable", `The log cannot be written to ${path}: ${why}`, {
    cause,
    next: "name another file with ATALAYA_LOG_FILE",
  });
}
