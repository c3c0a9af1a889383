import { readFile, stat } from "node:fs/promises";

/** A process, not to be taken for a later one of the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** Boot and tick in which it began. */
  readonly began: string;
}

/** The mark of a living process; undefined when there is none, or when it has ended and only its parent has not noticed. */
export async function markOf(pid: number): Promise<ProcessMark | undefined> {
  try {
    const [boot, line] = await Promise.all([
      readFile("/proc/sys/kernel/random/boot_id", "latin1"),
      readFile(`/proc/${pid}/stat`, "latin1"),
    ]);
    // The name stands in parentheses and may hold anything; fields are counted behind it (proc(5): 3 state, 22 start).
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    if (["Z", "X", "x"].includes(fields[0]!)) return undefined;
    return { pid, began: `${boot.trim()} ${fields[19]}` };
  } catch {
    return undefined;
  }
}

export async function hasEnded({ pid, began }: ProcessMark): Promise<boolean> {
  return (await markOf(pid))?.began !== began;
}

/** The account a process runs as; undefined when there is none. */
export async function ownerOf(pid: number): Promise<number | undefined> {
  return stat(`/proc/${pid}`).then(
    ({ uid }) => uid,
    () => undefined,
  );
}
