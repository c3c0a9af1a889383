/** What the end of a deployment's run is called: by what stopped it, then by what its worker said last. */
import { readFile } from "node:fs/promises";
import type { Outcome, Remains } from "../../runs/handler.ts";
import { cutOf, starvedOf } from "../exec/ending.ts";
import { handFiles, MAX_SPEECH_BYTES, readSpeech, type DeployRequest, type Speech } from "./hand.ts";

export async function outcomeOf(request: DeployRequest, remains: Remains): Promise<Outcome> {
  const { files, status, stop, started } = remains;
  const text = await readFile(handFiles(files).speech, "utf8").catch(() => "");
  const { said } = readSpeech(text.length > MAX_SPEECH_BYTES ? "" : text);
  const report = lastOf(said, "report");
  const failed = lastOf(said, "failed");
  const result = report === undefined ? {} : { result: report.result };
  const cut = cutOf(request, remains);
  if (cut !== undefined) return { ...cut, ...result };
  const starved = starvedOf({}, remains);
  if (starved !== undefined) return { ...starved, ...result };
  if (started === undefined)
    return cannotStart(`the worker's session could not be made (exit code ${status.exitCode})`);
  if (stop?.cause === "cancel") return { state: "cancelled", ...result };
  if (failed !== undefined)
    return { state: "failed", reason: { code: failed.code, message: failed.message }, ...result };
  if (status.exitCode === 0 && report !== undefined) return { state: "succeeded", ...result };
  const account = request.account ?? "the agent's account";
  return cannotStart(`the worker ended with ${status.exitCode} as ${account}, and did not say why`);
}

function lastOf<Word extends Speech["say"]>(said: readonly Speech[], word: Word) {
  return said.findLast((one): one is Extract<Speech, { say: Word }> => one.say === word);
}

function cannotStart(message: string): Outcome {
  return { state: "failed", reason: { code: "run.cannot-start", message } };
}
