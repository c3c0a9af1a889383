import { chmod, type FileHandle, mkdir, open, readFile, rename, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";

/** A folder that only its owner enters. */
export async function secretFolder(folder: string): Promise<void> {
  await writing(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
  });
}

/** What a file holds; undefined when there is none. Rights that somebody has widened are narrowed again. */
export async function readSecret(path: string): Promise<Buffer | undefined> {
  try {
    if (((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o600);
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new AtalayaError("data.unwritable", `cannot read ${path}: ${(cause as Error).message}`, {
      cause,
      next: "run the server as the owner of its data folder",
    });
  }
}

/** All of it or nothing, whenever the power goes: written beside, synchronised, renamed. */
export async function writeSecret(path: string, content: string | Uint8Array): Promise<void> {
  await writing(path, async () => {
    const beside = `${path}.new`;
    await using file = await open(beside, "w", 0o600);
    await file.chmod(0o600);
    await file.writeFile(content);
    await file.sync();
    await rename(beside, path);
    await synchronised(dirname(path));
  });
}

async function synchronised(folder: string): Promise<void> {
  await using handle: FileHandle = await open(join(folder, "."), "r");
  await handle.sync();
}

async function writing(path: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `cannot write ${path}: ${(cause as Error).message}`, {
      cause,
      next: "make the folder writable for the user who runs the server, or name another with ATALAYA_DATA",
    });
  }
}
