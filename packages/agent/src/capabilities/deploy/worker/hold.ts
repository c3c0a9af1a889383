/** The worker's end of the hand: the plan, the blobs, and what it says. */
import { existsSync, readFileSync, statSync, watch, writeSync } from "node:fs";
import { AtalayaError, isFailureCode } from "@atalaya/protocol";
import { heldFiles, Plan, Refusal, SPEECH, type Speech } from "../hand.ts";

export interface Hold {
  readonly plan: Plan;
  say(speech: Speech): void;
  /** The path of a whole blob that was wanted, when it is there. Throws why it never will be. */
  blob(sha256: string, signal: AbortSignal): Promise<string>;
}

const LOOK_MS = 500;
/** An agent that was taken from the host never comes back. */
const PATIENCE_MS = 24 * 3_600_000;

export function takeHold(): Hold {
  const files = heldFiles();

  function look(sha256: string): string | undefined {
    if (existsSync(files.blob(sha256))) return files.blob(sha256);
    if (!existsSync(files.refusal(sha256))) return undefined;
    const { code, message } = Refusal.parse(JSON.parse(readFileSync(files.refusal(sha256), "utf8")));
    throw new AtalayaError(isFailureCode(code) ? code : "deploy.failed", message);
  }

  return {
    plan: Plan.parse(JSON.parse(readFileSync(files.plan, "utf8"))),
    say(speech) {
      // Only ASCII, so that the listener may cut it anywhere.
      const line = JSON.stringify(speech).replace(
        /[\u007f-\uffff]/g,
        (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      writeSync(SPEECH, `${line}\n`);
    },
    async blob(sha256, signal) {
      const watcher = watch(files.folder, () => undefined);
      watcher.on("error", () => undefined);
      let came = -1;
      let since = performance.now();
      try {
        for (;;) {
          signal.throwIfAborted();
          const found = look(sha256);
          if (found !== undefined) return found;
          const size = statSync(files.part(sha256), { throwIfNoEntry: false })?.size ?? 0;
          if (size !== came) since = performance.now();
          came = size;
          if (performance.now() - since > PATIENCE_MS)
            throw new AtalayaError("deploy.failed", "the agent has not brought the files within a day");
          await changed(watcher, signal);
        }
      } finally {
        watcher.close();
      }
    },
  };
}

/** The next change in the folder, or soon anyway: a change between the look and this is not missed for long. */
function changed(watcher: ReturnType<typeof watch>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, LOOK_MS);
    function done(): void {
      clearTimeout(timer);
      watcher.off("change", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    watcher.once("change", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
