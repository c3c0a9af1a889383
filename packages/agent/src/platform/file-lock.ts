/** One process at a time, of several that would otherwise change the same file at once. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { AtalayaError } from "@atalaya/protocol";
import { findProgram } from "../capabilities/exec/tools.ts";

/**
 * Does the deed while holding flock(2) of that file, which is made if it is missing. Node has no such call, so flock(1)
 * holds it, and lets go when its input ends: when the deed is over, or this process, whatever ended it. Throws
 * `capability.failed` where there is no flock.
 */
export async function withFileLock<Value>(path: string, deed: () => Promise<Value>): Promise<Value> {
  const program = findProgram("flock");
  if (program === undefined)
    throw new AtalayaError("capability.failed", "this host has no flock", { next: "install util-linux there" });
  const holder = spawn(program, ["-x", path, "/bin/sh", "-c", "echo; exec cat"], {
    cwd: "/",
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: "/usr/bin:/bin" },
  });
  const over = once(holder, "close").catch(() => undefined);
  holder.stdin.on("error", () => undefined);
  const first = new Promise((resolve) => holder.stdout.once("data", resolve));
  try {
    const held = await Promise.race([first.then(() => true), over.then(() => false)]);
    if (!held) throw new AtalayaError("capability.failed", `${path} cannot be locked`);
    return await deed();
  } finally {
    holder.stdin.end();
    await over;
  }
}
