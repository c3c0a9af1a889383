/**
 * Root hands files to another account here. Nothing is followed: in a folder that somebody else may write, a name can
 * become a link to anything in the moment between looking and changing.
 */
import { constants } from "node:fs";
import { lchown, lstat, open, readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { makeFolders } from "../folders.ts";
import type { Account } from "./account.ts";

export interface GivenFolder {
  readonly path: string;
  readonly account: Account;
  /** Whether a file or folder of this name is ours to give. */
  readonly isOurs: (name: string) => boolean;
}

/**
 * Makes the folder the account's: made when it is missing; with all that is in it, when it was root's and holds nothing
 * but ours. Answers whether something was handed over. Throws `data.unwritable`.
 */
export async function giveFolder({ path, account, isOurs }: GivenFolder): Promise<boolean> {
  if (process.geteuid?.() !== 0) return false;
  await makeFolderFor(path, account, 0o700);
  const real = await realpath(path);
  await using folder = await open(real, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  const { uid, mode } = await folder.stat();
  if (uid === account.uid) return false;
  const strangers = (await readdir(real)).filter((name) => !isOurs(name));
  if (uid !== 0 || (mode & 0o022) !== 0 || strangers.length > 0) {
    const why =
      uid !== 0
        ? `belongs to uid ${uid}`
        : strangers.length > 0
          ? `belongs to root and holds what is not the server's (${strangers.slice(0, 3).join(", ")})`
          : "may be written by others than root";
    throw new AtalayaError("data.unwritable", `The data folder ${path} ${why}: it is not handed to ${account.name}.`, {
      next: `hand it over yourself (\`chown -R ${account.name}: ${path}\`) when it is the right one, or name another with ATALAYA_DATA`,
    });
  }
  await giveContents(real, account);
  // Last: while it is root's, nobody else can put anything inside.
  await folder.chown(account.uid, account.gid);
  return true;
}

async function giveContents(folder: string, account: Account): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveContents(path, account);
    else if ((await lstat(path)).nlink > 1)
      throw new AtalayaError(
        "data.unwritable",
        `${path} has a second name elsewhere: it is not handed to ${account.name}.`,
      );
    await lchown(path, account.uid, account.gid);
  }
}

/** Makes a folder that is missing, and gives it; folders above it that are missing stay root's, open for passing. */
export async function makeFolderFor(path: string, account: Account | undefined, mode: number): Promise<void> {
  try {
    const isMade = madeFolder(path, mode);
    if (isMade && account !== undefined && process.geteuid?.() === 0) await lchown(path, account.uid, account.gid);
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `${path} cannot be made: ${(cause as Error).message}`, { cause });
  }
}

/** In one go: the umask, which says 077, would shut the account out of what is above its folder, and is the whole process's. */
function madeFolder(path: string, mode: number): boolean {
  const before = process.umask(0o022);
  try {
    makeFolders(dirname(path), 0o755);
    return makeFolders(path, mode);
  } finally {
    process.umask(before);
  }
}
