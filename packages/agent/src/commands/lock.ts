import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { codeOf } from "../platform/durable-file.ts";

/** Who has the data folder; undefined when nobody lives there. Process ids are used again, start times on one boot are not. */
export function agentOf(data: string): number | undefined {
  return ownerOf(join(data, "agent.pid"));
}

/** Takes the data folder for this process. Throws `data.in-use`, `data.unwritable`. */
export function lockData(data: string): { release(): void } {
  const path = join(data, "agent.pid");
  const mine = join(data, `agent.pid.${process.pid}`);
  try {
    writeFileSync(mine, identityOf(process.pid) ?? `${process.pid}`, { mode: 0o644 });
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `the folder ${data} cannot be written`, {
      cause,
      next: "run as root, or name another with --data",
    });
  }
  try {
    for (;;) {
      try {
        linkSync(mine, path);
        break;
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
      }
      const owner = ownerOf(path);
      if (owner !== undefined) {
        throw new AtalayaError("data.in-use", `an agent (process ${owner}) already uses ${data}`, {
          next: "stop it first, or name another folder with --data",
        });
      }
      // Moved, not removed: of two agents that find the same stale file, one fails here and looks again.
      try {
        renameSync(path, `${mine}.stale`);
        unlinkSync(`${mine}.stale`);
      } catch (error) {
        if (codeOf(error) !== "ENOENT") throw error;
      }
    }
  } finally {
    unlinkSync(mine);
  }
  return {
    release() {
      if (ownerOf(path) === process.pid) unlinkSync(path);
    },
  };
}

function ownerOf(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8");
    const pid = Number(text.split(" ")[0]);
    return Number.isInteger(pid) && pid > 0 && identityOf(pid) === text ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Process id, start time (proc(5), field 22) and boot. */
function identityOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const start = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${pid} ${start} ${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}\n`;
  } catch {
    return undefined;
  }
}
