import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Arch } from "./install-script.ts";

/** The native library with which an agent opens terminals: a file that goes beside its bundle. */
export interface TerminalLibrary {
  readonly arch: Arch;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What the agent calls the file. */
export const TERMINAL_LIBRARY = "pty.node";

/** Where npm put it; undefined when this architecture's package is not installed. */
export function terminalLibraryFile(arch: Arch): string | undefined {
  try {
    return fileURLToPath(
      new URL(`./${TERMINAL_LIBRARY}`, import.meta.resolve(`@lydell/node-pty-linux-${arch}/package.json`)),
    );
  } catch {
    return undefined;
  }
}

export async function openTerminalLibrary(arch: Arch, file: string): Promise<TerminalLibrary | undefined> {
  try {
    const bytes = new Uint8Array(await readFile(file));
    return { arch, bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
