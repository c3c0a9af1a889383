/** Which program is the pump on this machine: the native one where it runs, else this agent's own runtime. */
import { createHash } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pumpPrograms } from "./pump-programs.ts";

/** Command and arguments; the cap follows. */
export type PumpProgram = readonly [program: string, ...args: string[]];

/** The words of `main.ts` that make it a pump. */
export const PUMP_COMMAND = "pump";

/** Puts the native program into the folder, under its digest's name: those that run keep theirs when the agent is upgraded. */
export async function findPump(folder: string, architecture: string = process.arch): Promise<PumpProgram> {
  const text = Object.hasOwn(pumpPrograms, architecture) ? pumpPrograms[architecture] : undefined;
  if (text === undefined || process.platform !== "linux") return slowPump();
  const bytes = Buffer.from(text, "base64");
  const path = join(folder, `pump-${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`);
  try {
    if (!(await readFile(path).catch(() => undefined))?.equals(bytes)) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.new`, bytes, { mode: 0o700 });
      await rename(`${path}.new`, path);
    }
    // Says no, too, where the file system is mounted noexec.
    accessSync(path, constants.X_OK);
    return (await runs(path)) ? [path] : slowPump();
  } catch {
    return slowPump();
  }
}

export function slowPump(): PumpProgram {
  const here = fileURLToPath(import.meta.url);
  return [process.execPath, here.endsWith(".ts") ? join(here, "../../../main.ts") : here, PUMP_COMMAND];
}

/** Tried once, with both pipes at their end at once: a security module may forbid what the file's mode allows. */
async function runs(path: string): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(path, { stdio: ["ignore", "ignore", "ignore", "ignore", "ignore", "pipe"] });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 5 || code === 0));
  });
}
