/**
 * How a run's output flows through its pump into the spool: held back while too much waits here, seen to the end when
 * the command is over, and known to be incomplete when a pump was killed.
 */
import type { Pump, PumpState } from "../capabilities/exec/pump.ts";
import type { Log } from "../platform/log.ts";
import type { Output } from "./output.ts";
import { pause } from "../platform/pause.ts";

export interface FlowNeeds {
  readonly run: string;
  readonly output: Output;
  readonly pump: Pump;
  readonly log: Log;
  /** Asks for another step. */
  later(ms: number): void;
  /** The disk began or ceased to be too full for what the command prints. */
  full(now: boolean): void;
}

export interface Flow {
  /** The pump's mark may have changed, or the pump be gone. */
  due(): void;
  /** Part of each step until the run has an end. `highWaterBytes`: more must not wait in the spool. */
  guard(highWaterBytes: number): Promise<void>;
  goOn(): Promise<void>;
  /** The command is over: true when all it printed is in the files, and nothing else will come there. */
  finished(): Promise<boolean>;
  /** Nobody waits for the command any more: nothing will come to the files after this. */
  release(): Promise<void>;
  /** Whether a pump was gone before its time. */
  incomplete(): Promise<boolean>;
}

/** For processes the command left behind that are about to print (`> >(tee)`). */
const STRAGGLERS_MS = 200;
const STOP_AGAIN_MS = 50;
const REPLACE_EVERY_MS = 1_000;
const RELEASE_MS = 2_000;

export function createFlow({ run, output, pump, log, later, full }: FlowNeeds): Flow {
  let state: PumpState = "none";
  let lookDue = true;
  let overAt: number | undefined;
  let replacedAt = -REPLACE_EVERY_MS;

  async function look(): Promise<PumpState> {
    lookDue = false;
    const before = state;
    state = await pump.look();
    if ((before === "full") !== (state === "full")) full(state === "full");
    return state;
  }

  async function goOn(): Promise<void> {
    await pump.goOn();
    output.mark("flowing");
    // What it last said is from before it stood still.
    if (state === "full") state = "running";
    lookDue = true;
  }

  /** One was killed, for memory perhaps. Its pipes are kept open by the wrapper, and the command waits. */
  async function replace(): Promise<void> {
    const waitMs = replacedAt + REPLACE_EVERY_MS - performance.now();
    if (waitMs > 0) return later(waitMs);
    replacedAt = performance.now();
    log.error("run.pump-gone", { run });
    await pump.replace();
    lookDue = true;
  }

  return {
    due() {
      lookDue = true;
    },
    async guard(highWaterBytes) {
      if (lookDue) await look();
      if (state === "none") return;
      if (state === "gone" && output.flow === "flowing" && overAt === undefined) await replace();
      // What is committed makes room on a full disk.
      const tooMuch = overAt === undefined && output.over(highWaterBytes);
      if (output.flow === "flowing" && (tooMuch || (state === "full" && output.stored > 0))) {
        // Before the stop: an agent that finds it paused stops it again, one that finds it flowing would not go on.
        output.mark("paused");
        log.info("run.paused", { run, bytes: output.stored });
      }
      if (output.flow === "paused" && !(await pump.stop())) return later(STOP_AGAIN_MS);
      if (output.flow === "paused") {
        await output.look();
        if (output.drained()) output.empty();
      }
      if (output.flow === "emptying") output.empty();
      if (output.flow === "emptied") await goOn();
    },
    goOn,
    async finished() {
      const now = performance.now();
      overAt ??= now;
      // What is left in the pipes is little enough. On a full disk, what stands still waits to be emptied.
      if (output.flow === "paused" && state !== "full") await goOn();
      if (output.flow !== "flowing") return false;
      if (/^(none|ended|cut|gone)$/.test(await look())) return true;
      if (now - overAt >= STRAGGLERS_MS) await pump.finish();
      later(STRAGGLERS_MS);
      return false;
    },
    async release() {
      await pump.goOn();
      const until = performance.now() + RELEASE_MS;
      while (/^(starting|running|full)$/.test(await look()) && performance.now() < until) {
        if (state === "running") await pump.finish();
        await pause(10);
      }
      if (!/^(none|ended|cut|gone)$/.test(state)) await pump.kill();
    },
    incomplete: async () => state === "gone" || (await pump.failed()),
  };
}
