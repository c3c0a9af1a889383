/** What the end of a task's run is called: by what stopped it, then by what its worker said last. */
import { readFile } from "node:fs/promises";
import type { Outcome, Remains } from "../runs/handler.ts";
import { cutOf } from "../capabilities/exec/ending.ts";
import { handFiles, handFolder, readSpeech, type Speech } from "./hand.ts";

export async function outcomeOf(remains: Remains): Promise<Outcome> {
  const { files, status, stop, started, complaint = "" } = remains;
  const text = await readFile(handFiles(handFolder(files.folder)).speech, "utf8").catch(() => "");
  const { said } = readSpeech(text);
  const done = lastOf(said, "result");
  const failed = lastOf(said, "failed");
  const told = done?.result ?? failed?.result;
  const result = told === undefined ? {} : { result: told };
  const cut = cutOf({ outputLimitBytes: undefined }, remains);
  if (done === undefined && cut !== undefined) return { ...cut, ...result };
  if (done !== undefined) return { state: "succeeded", ...result };
  if (stop?.cause === "cancel") return { state: "cancelled", ...result };
  if (failed !== undefined)
    return { state: "failed", reason: { code: failed.code, message: failed.message }, ...result };
  const why = complaint === "" ? "" : `: ${complaint}`;
  const message =
    started === undefined
      ? `the worker's session could not be made (exit code ${status.exitCode})`
      : `the worker ended with ${status.exitCode} and did not say why${why}`;
  return { state: "failed", reason: { code: "run.cannot-start", message } };
}

function lastOf<Word extends Speech["say"]>(said: readonly Speech[], word: Word) {
  return said.findLast((one): one is Extract<Speech, { say: Word }> => one.say === word);
}
