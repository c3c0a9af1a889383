import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Arch } from "./install-script.ts";

/** A Node binary that carries the agent on machines that have none. */
export interface Runtime {
  readonly arch: Arch;
  /** Lower-case hex, of the binary itself. */
  readonly sha256: string;
  /** The compressed file; made at the first demand, which takes some seconds, and kept. */
  compressed(): Promise<string>;
}

const HASHED_AT_ONCE = 256 * 1024;

/** Where the npm packages put them; undefined when this architecture's package is not installed. */
export function runtimeBinary(arch: Arch): string | undefined {
  try {
    return fileURLToPath(new URL("./bin/node", import.meta.resolve(`node-linux-${arch}/package.json`)));
  } catch {
    return undefined;
  }
}

export async function openRuntime(arch: Arch, binary: string, folder: string): Promise<Runtime | undefined> {
  const sha256 = await sha256OfFile(binary);
  if (sha256 === undefined) return undefined;
  const path = join(folder, `runtime-linux-${arch}-${sha256.slice(0, 16)}.gz`);
  let making: Promise<string> | undefined;
  return {
    arch,
    sha256,
    compressed() {
      making ??= made(binary, path, folder, arch).catch((error: unknown) => {
        making = undefined;
        throw error;
      });
      return making;
    },
  };
}

async function made(binary: string, path: string, folder: string, arch: Arch): Promise<string> {
  if (await exists(path)) return path;
  await mkdir(folder, { recursive: true });
  const beside = `${path}.new`;
  await pipeline(createReadStream(binary), createGzip({ level: 6 }), createWriteStream(beside));
  await using file = await open(beside, "r");
  await file.sync();
  await rename(beside, path);
  // Older runtimes' files serve nobody any more.
  const stale = (await readdir(folder)).filter(
    (name) => name.startsWith(`runtime-linux-${arch}-`) && join(folder, name) !== path,
  );
  await Promise.all(stale.map((name) => rm(join(folder, name), { force: true })));
  return path;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** With one buffer for all of it: a stream's buffers of a hundred megabytes would wait for the collector at every start. */
async function sha256OfFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafeSlow(HASHED_AT_ONCE);
  try {
    await using file = await open(path, "r");
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
