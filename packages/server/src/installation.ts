/** What one data folder keeps about itself. */
import { createHmac, randomBytes } from "node:crypto";
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { makeFolders } from "./platform/folders.ts";
import type { StoreOwner } from "./platform/store/index.ts";

/** All that a server makes in its folder: root hands over nothing else. */
const ours = new Set([
  ...["agent", "atalaya.toml", "audit", "blobs", "ca.pem", "dist", "installation.key", "local-token", "output", "pki"],
  ...["server-name", "server.json", "server.log", "server.pid", "session.keys", "store"],
]);

export function isOurs(name: string): boolean {
  return ours.has(name) || /^\.probe-\d+$|\.new$/.test(name);
}

/** The server's name among those that share a store: made once, kept over restarts. */
export async function installationName(data: string): Promise<string> {
  const file = join(data, "server-name");
  const kept = await readFile(file, "utf8").catch(() => "");
  if (/^srv_[\w-]{16}$/.test(kept.trim())) return kept.trim();
  const name = `srv_${randomBytes(12).toString("base64url")}`;
  await writeFile(file, `${name}\n`);
  return name;
}

/** Makes the folder, for its owner only, and proves that it can be written. */
export async function prepareDataFolder(data: string): Promise<void> {
  try {
    makeFolders(data, 0o700);
    await narrow(data);
    const probe = join(data, `.probe-${process.pid}`);
    await writeFile(probe, "", { flag: "wx" });
    await rm(probe);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new AtalayaError("data.unwritable", `The data folder ${data} cannot be written: ${code ?? message}.`, {
      cause,
      next: "Name another with ATALAYA_DATA, or give this account the right to write there.",
    });
  }
}

/** Keys lie below: a folder of ours that others may enter, as `mkdir` makes it, is closed to them, unless it is theirs too. */
async function narrow(data: string): Promise<void> {
  const { mode, uid } = await stat(data);
  if ((mode & 0o077) === 0 || uid !== process.geteuid?.()) return;
  if ((await readdir(data)).every(isOurs)) await chmod(data, mode & 0o700);
}

/** 32 random bytes that public ids of runs and sealed secrets hang on: made once, 0600, kept over restarts. */
export async function installationKey(data: string): Promise<Uint8Array> {
  const file = join(data, "installation.key");
  const kept = await readFile(file).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (kept?.length === 32) return kept;
  if (kept !== undefined) {
    throw new AtalayaError("data.unwritable", `${file} is damaged: it has ${kept.length} bytes instead of 32.`, {
      next: "Bring it back from a backup: the ids of runs and the secrets of waiting jobs hang on it.",
    });
  }
  const key = randomBytes(32);
  await writeFile(`${file}.new`, key, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return key;
}

/** Who works on a database that other servers could reach: the one that holds these keys, in this folder, here. */
export async function storeOwner(data: string): Promise<StoreOwner> {
  const key = await installationKey(data);
  const installation = createHmac("sha256", key).update("owner of the store").digest("base64url");
  return { installation, holder: `${hostname()}, ${data}` };
}
