/** A task's worker: reads its plan, does it, says how it went. */
import { appendFileSync, readFileSync, watch, writeSync } from "node:fs";
import { AtalayaError, isFailureCode, type Progress } from "@atalaya/protocol";
import { Answer, handFiles, Plan, type Speech } from "./hand.ts";
import { performOf } from "./performers.ts";
import type { Scene } from "./task.ts";

/** Returns the exit status: 0 when all that was asked is done. */
export async function work(folder: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const files = handFiles(folder);
  const plan = Plan.parse(JSON.parse(readFileSync(files.plan, "utf8")));
  process.title = `atalaya-${plan.capability}`;
  const stop = new AbortController();
  process.on("SIGTERM", () => stop.abort(new AtalayaError("run.cancelled", "it was ended")));
  const say = (speech: Speech): void => appendFileSync(files.speech, `${JSON.stringify(speech)}\n`);
  let questions = 0;
  const scene: Scene = {
    run: plan.run,
    data: plan.data,
    folder,
    policy: plan.policy,
    environment,
    signal: stop.signal,
    say: (text) => line(1, text),
    warn: (text) => line(2, text),
    progress: (progress: Progress) => say({ say: "progress", ...progress }),
    ask(value) {
      const question = questions++;
      say({ say: "ask", question, value });
      return answerTo(files.answer(question), folder, stop.signal);
    },
  };
  try {
    const perform = await performOf(plan.capability);
    say({ say: "result", result: await perform(plan.request, scene) });
    return 0;
  } catch (error) {
    const failure = error instanceof AtalayaError ? error : undefined;
    const message = failure?.message ?? (error instanceof Error ? error.message : String(error));
    line(2, message);
    const result = failure?.details?.["result"];
    say({
      say: "failed",
      code: failure?.code ?? "capability.failed",
      message: message.slice(0, 4000),
      ...(result === undefined ? {} : { result }),
    });
    return 1;
  }
}

const LOOK_MS = 500;

/** Waits for as long as it takes: the agent may be replaced meanwhile. */
function answerTo(path: string, folder: string, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const watcher = watch(folder, look).on("error", () => undefined);
    const timer = setInterval(look, LOOK_MS);
    signal.addEventListener("abort", stop, { once: true });
    look();

    function done(): void {
      watcher.close();
      clearInterval(timer);
      signal.removeEventListener("abort", stop);
    }
    function stop(): void {
      done();
      reject(signal.reason as Error);
    }
    function look(): void {
      let text: string;
      try {
        text = readFileSync(path, "utf8");
      } catch {
        return;
      }
      done();
      const answer = Answer.parse(JSON.parse(text));
      if ("value" in answer) return resolve(answer.value);
      reject(new AtalayaError(isFailureCode(answer.code) ? answer.code : "capability.failed", answer.message));
    }
  });
}

/** What cannot be written (a full disk) must not end the work: the result says it again. */
function line(stream: 1 | 2, text: string): void {
  try {
    writeSync(stream, `${text.replace(/[\p{Cc}\u2028\u2029]/gu, "?")}\n`);
  } catch {
    // Nobody keeps it.
  }
}
