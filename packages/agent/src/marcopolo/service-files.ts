/**
 * Service files of MarcoPolo (12.5 of the ancestor's reference): those of the machine and those in people's homes. A
 * home is its owner's to fill: links are not followed, what is not the owner's is not read, and there are limits.
 */
import { constants } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ServiceFile } from "@atalaya/protocol/marcopolo";

export const ROOT_SERVICES = "/etc/marcopolo/polo/services";
export const USER_SERVICES = ".polo";

const MAX_FILES = 64;
const MAX_BYTES = 16_384;

/** Services of a folder in the order of file names; of two with one identifier the first holds. `owner`: the only uid whose files count. */
export async function readServiceFiles(folder: string, owner: number): Promise<readonly ServiceFile[]> {
  const names = (await readdir(folder).catch(() => [])).toSorted((a, b) => (a < b ? -1 : 1)).slice(0, MAX_FILES);
  const services = new Map<string, ServiceFile>();
  for (const name of names) {
    const parsed = ServiceFile.safeParse(await readJson(join(folder, name), owner));
    if (parsed.success && !parsed.data.disabled && !services.has(parsed.data.id)) {
      services.set(parsed.data.id, parsed.data);
    }
  }
  return [...services.values()];
}

async function readJson(path: string, owner: number): Promise<unknown> {
  // Non-blocking: a fifo in somebody's home must not hold us.
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  );
  if (file === undefined) return undefined;
  try {
    const { uid, size } = await file.stat().then((stat) => (stat.isFile() ? stat : { uid: -1, size: 0 }));
    if (uid !== owner || size > MAX_BYTES) return undefined;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES), 0, MAX_BYTES, 0);
    return JSON.parse(buffer.toString("utf8", 0, bytesRead));
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
