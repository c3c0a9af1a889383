/** What the agent does for a task under way: it passes on how far it is, and answers what is asked. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Progress } from "@atalaya/protocol";
import { writeDurably } from "../platform/durable-file.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { Attendant, AttendedRun } from "../runs/handler.ts";
import { handFiles, handFolder, readSpeech, type Speech } from "./hand.ts";

const TELL_MS = 500;

/** `answer` absent: this capability's worker asks nothing. */
export function attendTask(
  run: Pick<AttendedRun, "id" | "files" | "outlet">,
  log: Log,
  answer?: (question: unknown) => Promise<unknown>,
): Attendant {
  const files = handFiles(handFolder(run.files.folder));
  const answering = new Map<number, Promise<void>>();
  let heard = 0;
  let listening: Promise<void> | undefined;
  let again = false;
  let progress: Progress | undefined;
  let told = "";
  let toldAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function listen(): Promise<void> {
    do {
      again = false;
      const text = await readFile(files.speech, "latin1").catch(() => "");
      const { said, taken } = readSpeech(Buffer.from(text.slice(heard), "latin1").toString("utf8"));
      if (taken > 0) heard = text.lastIndexOf("\n") + 1;
      for (const one of said) obey(one);
    } while (again && !closed);
  }

  function obey(said: Speech): void {
    if (said.say === "progress") {
      progress = { phase: said.phase, done: said.done, total: said.total };
      tellSoon();
    } else if (said.say === "ask" && !existsSync(files.answer(said.question))) {
      answering.set(said.question, reply(said.question, said.value));
    }
  }

  /** Also after a crash of the agent in the middle: what was asked then is asked again, and must bear it. */
  async function reply(question: number, value: unknown): Promise<void> {
    let said: unknown;
    try {
      if (answer === undefined) throw new Error("this agent answers no questions of such a task");
      said = { value: await answer(value) };
    } catch (error) {
      const { code = "capability.failed", message } = failureOf(error);
      said = { code, message };
    }
    if (closed) return;
    await writeDurably(files.answer(question), JSON.stringify(said)).catch((error: unknown) =>
      log.error("task.not-answered", { run: run.id, ...failureOf(error) }),
    );
  }

  function tellSoon(): void {
    if (timer !== undefined || closed) return;
    timer = setTimeout(tell, Math.max(0, toldAt + TELL_MS - performance.now()));
    timer.unref();
  }

  function tell(): void {
    timer = undefined;
    const outlet = run.outlet();
    if (outlet === undefined || progress === undefined || closed) return;
    const text = JSON.stringify(progress);
    if (text === told) return;
    told = text;
    toldAt = performance.now();
    outlet.send({ type: "progress", run: run.id, ...progress });
  }

  return {
    look() {
      if (closed) return;
      if (listening !== undefined) again = true;
      else listening = listen().finally(() => (listening = undefined));
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.allSettled([listening, ...answering.values()]);
    },
  };
}
