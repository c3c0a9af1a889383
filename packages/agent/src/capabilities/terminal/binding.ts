/**
 * The native half of `@lydell/node-pty`, without its JavaScript: that writes to the terminal by a blocking stream, so a
 * program that reads nothing would stop the whole agent, and throws away what is unread 200 ms after the shell's end.
 */
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { AtalayaError } from "@atalaya/protocol";

/** Of version 1.1.0 (N-API: it runs on Node 20 and 26 alike). */
export interface PtyBinding {
  /** forkpty(3), then execvp(3). `exited` is told the exit code, and the signal that ended it or 0. */
  fork(
    file: string,
    args: readonly string[],
    environment: readonly string[],
    cwd: string,
    columns: number,
    rows: number,
    uid: -1,
    gid: -1,
    utf8: boolean,
    helperPath: string,
    exited: (code: number, signal: number) => void,
  ): { readonly fd: number; readonly pid: number; readonly pty: string };
  resize(fd: number, columns: number, rows: number): void;
}

/** Beside the agent's one file, where `install.sh` puts it. */
export const PTY_FILE = "pty.node";

let loaded: PtyBinding | undefined;

/** Loaded at the first terminal. Throws `terminal.unavailable`. */
export function ptyBinding(folder: string = dirname(fileURLToPath(import.meta.url))): PtyBinding {
  return (loaded ??= load(folder));
}

/** Throws `terminal.unavailable`. */
export function load(folder: string): PtyBinding {
  const require = createRequire(join(folder, "any.js"));
  const beside = join(folder, PTY_FILE);
  try {
    return require(existsSync(beside) ? beside : installed(require)) as PtyBinding;
  } catch (cause) {
    const why = existsSync(beside) ? `${beside} does not run here` : `there is no ${PTY_FILE} beside the agent`;
    throw new AtalayaError("terminal.unavailable", `this host cannot open terminals: ${why}`, { cause });
  }
}

/** In a work tree it is where npm put it. */
function installed(require: NodeJS.Require): string {
  return require.resolve(`@lydell/node-pty-linux-${process.arch}/${PTY_FILE}`);
}
