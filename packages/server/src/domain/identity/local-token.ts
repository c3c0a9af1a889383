import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes the token where only the server's own account (and root) can read it. The file is made anew under another name
 * and moved into place, so nobody ever reads half of it and an old file's looser mode is never kept.
 */
export async function writeLocalToken(file: string, token: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  await rm(fresh, { force: true });
  const handle = await open(fresh, "wx", 0o600);
  try {
    await handle.writeFile(`${token}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  const folder = await open(dirname(file), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
