import { rm } from "node:fs/promises";
import type { BootClock } from "../platform/boot-clock.ts";
import { readIfThere, readJsonIfThere } from "../platform/durable-file.ts";
import { isWrapper } from "../capabilities/exec/processes.ts";
import { adoptionOf, type Adoption } from "../spool/adoption.ts";
import { Ending, readClaim, readStatus, type AcceptedRun } from "../spool/records.ts";
import type { Spool } from "../spool/spool.ts";
import { pause } from "../platform/pause.ts";

/** What became of a run that was accepted by an earlier process of this agent. Never `disown`: that is settled here, by claiming. */
export async function adopted(run: AcceptedRun, spool: Spool, boot: BootClock): Promise<Exclude<Adoption, "disown">> {
  const files = spool.files(run.run);
  for (let attempt = 0; ; attempt += 1) {
    const text = await readIfThere(files.claim);
    const claim = text === undefined ? undefined : readClaim(text);
    const wrapperAlive = claim?.by === "wrapper" && isWrapper(claim.pid, files.folder);
    const verdict = adoptionOf({
      sameBoot: run.bootId === boot.bootId,
      claim,
      wrapperAlive,
      hasStatus: readStatus((await readIfThere(files.status)) ?? "") !== undefined,
      hasResult: (await readJsonIfThere(files.result, Ending)) !== undefined,
    });
    if (verdict === "vanished" && claim?.by === "unknown" && attempt < 20) {
      // The wrapper may be between creating its claim and writing its name into it.
      await pause(50);
    } else if (verdict === "disown") {
      // When a wrapper was faster than this claim, the next look finds it.
      if ((await spool.claim(run.run)) !== undefined) continue;
      await rm(files.stdin, { force: true });
      return "unstarted";
    } else {
      // Who runs may be about to open it; nobody else will.
      if (verdict !== "adopt") await rm(files.stdin, { force: true });
      return verdict;
    }
  }
}
