/**
 * A server that was killed leaves its local agent behind: in a session of its own, it lives on and keeps its data
 * folder. The next server stops that one first; the commands it has started go on and are adopted by its successor.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const LOOK_EVERY_MS = 50;

/** Resolves when nobody runs `program` on `data` any more; true: somebody did. */
export async function stopOrphan(
  { program, data }: { readonly program: string; readonly data: string },
  patienceMs: number,
): Promise<boolean> {
  const pid = await orphanOf(program, data);
  if (pid === undefined) return false;
  signal(pid, "SIGTERM");
  for (let waitedMs = 0; (await orphanOf(program, data)) === pid; waitedMs += LOOK_EVERY_MS) {
    if (waitedMs === patienceMs - (patienceMs % LOOK_EVERY_MS)) signal(pid, "SIGKILL");
    await pause(LOOK_EVERY_MS);
  }
  return true;
}

/** Process ids are used again: only one that runs this very program on this very folder is ours to stop. */
async function orphanOf(program: string, data: string): Promise<number | undefined> {
  const pid = Number((await readFile(join(data, "agent.pid"), "utf8").catch(() => "")).split(" ")[0]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const words = command.split("\0").slice(1);
  // Before the program stands what Node itself is to do: other things in other versions of ours.
  const own = words.slice(words.findIndex((word) => !word.startsWith("-")));
  return own.join(" ").startsWith([program, "run", "--data", data].join(" ")) ? pid : undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
