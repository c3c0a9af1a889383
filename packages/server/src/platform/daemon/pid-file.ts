/**
 * The first line is the process's number, for everybody; the second tells it from a later process of that number. Such
 * a file is never half written: it is linked into place when it is whole.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { type FileHandle, link, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import type { Account } from "./account.ts";
import { makeFolderFor } from "./given.ts";
import { hasEnded, markOf, ownerOf, type ProcessMark } from "./process-mark.ts";

export interface PidFile {
  readonly path: string;
  /** Works while the process exits, too. Idempotent. */
  remove(): void;
}

export interface RunningServer extends ProcessMark {
  /** What the file says may be believed by root: who wrote it could end that process anyway. */
  readonly trusted: boolean;
}

const MAX_BYTES = 256;
const TRIES = 3;

/** Writes the file for this process. Replaces one whose process is gone; throws `daemon.running` for one that lives. */
export async function claimPidFile(path: string, account: Account | undefined): Promise<PidFile> {
  await makeFolderFor(dirname(path), account, 0o755);
  const mark = await markOf(process.pid);
  const fresh = `${path}.${process.pid}.new`;
  const descriptor = written(fresh, `${process.pid}\n${mark?.began}\n`);
  try {
    for (let tried = 1; !(await linked(fresh, path)); tried += 1) {
      const running = await runningServer(path);
      if (running !== undefined || tried === TRIES) throw alreadyRuns(path, running?.pid);
      await rm(path, { force: true });
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  } finally {
    await rm(fresh, { force: true });
  }
  let removed = false;
  return {
    path,
    remove() {
      if (removed) return;
      removed = true;
      letGo(path, descriptor);
    },
  };
}

/** The living server that a PID file names; undefined when there is none. Throws `data.unwritable` for what is no PID file of ours. */
export async function runningServer(path: string): Promise<RunningServer | undefined> {
  const content = await contentOf(path);
  if (content === undefined || content.text === "") return undefined;
  const [, pid, began] = /^(\d{1,10})\n(\S+ \d+)\n$/.exec(content.text) ?? [];
  if (pid === undefined || began === undefined) {
    throw new AtalayaError("data.unwritable", `${path} is no PID file of a server of ours.`, {
      next: "name another with ATALAYA_PID_FILE, or remove it when nothing needs it",
    });
  }
  const mark = { pid: Number(pid), began };
  if (await hasEnded(mark)) return undefined;
  return { ...mark, trusted: content.uid === 0 || content.uid === (await ownerOf(mark.pid)) };
}

async function contentOf(path: string): Promise<{ readonly text: string; readonly uid: number } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new AtalayaError("data.unwritable", `The PID file ${path} cannot be read: ${code}`, { cause });
  }
  await using _closed = file;
  const buffer = Buffer.alloc(MAX_BYTES);
  const stats = await file.stat();
  const { bytesRead } = stats.isFile() ? await file.read(buffer, 0, MAX_BYTES, 0) : { bytesRead: 1 };
  return { text: buffer.toString("latin1", 0, bytesRead), uid: stats.uid };
}

/** The descriptor stays open: it may empty a file whose folder does not let its name be removed any more. */
function written(path: string, text: string): number {
  try {
    rmSync(path, { force: true });
    const descriptor = openSync(path, "wx+", 0o644);
    // Whatever the umask says: everybody may know which process it is.
    fchmodSync(descriptor, 0o644);
    writeSync(descriptor, text);
    return descriptor;
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `The PID file cannot be written: ${(cause as Error).message}`, {
      cause,
      next: "name another with ATALAYA_PID_FILE",
    });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw new AtalayaError("data.unwritable", `The PID file ${to} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function letGo(path: string, descriptor: number): void {
  try {
    const { ino, dev } = fstatSync(descriptor);
    const there = lstatSync(path, { throwIfNoEntry: false });
    if (there?.ino !== ino || there.dev !== dev) return;
    try {
      unlinkSync(path);
    } catch {
      // A folder of root's, left after the account was changed: an empty file says that nobody runs.
      ftruncateSync(descriptor, 0);
    }
  } finally {
    closeSync(descriptor);
  }
}

function alreadyRuns(path: string, pid: number | undefined): AtalayaError {
  const who = pid === undefined ? "Another server" : `A server (process ${pid})`;
  return new AtalayaError("daemon.running", `${who} runs already, says ${path}.`, {
    next: "stop it first (`atalaya server stop`), or name another PID file with ATALAYA_PID_FILE",
    ...(pid === undefined ? {} : { details: { pid } }),
  });
}
