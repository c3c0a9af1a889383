import { readFileSync } from "node:fs";

/** Whether the process lives. A dead process may stay a zombie where nobody adopts orphans. */
export function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}
