/** The end of all instances of a data folder whose agent is gone for good. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { killAll, sessionMembers, statOf } from "../capabilities/exec/processes.ts";
import { readIfThere, readJsonIfThere } from "../platform/durable-file.ts";
import { instanceFiles, isInstanceName, readBegun, Wish } from "./files.ts";

/** Kills what is certainly theirs: of this boot, with the number and the moment that their minders noted. */
export async function endInstances(data: string, bootId: string): Promise<void> {
  const folder = join(data, "instances");
  for (const name of (await readdir(folder).catch(() => [])).filter(isInstanceName)) {
    const files = instanceFiles(folder, name);
    const wish = await readJsonIfThere(files.wish, Wish);
    if (wish === undefined || wish.bootId !== bootId) continue;
    const begun = readBegun((await readIfThere(files.process(wish.attempt))) ?? "");
    if (begun === undefined || statOf(begun.pid)?.since !== begun.since) continue;
    killAll(await sessionMembers(begun.pid));
  }
}
