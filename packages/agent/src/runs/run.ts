/**
 * One run's life, from acceptance to the moment its result is settled: watches what the wrapper and the command write
 * in its folder, ends the command when asked or over a limit, and tells the link. Each step reads the folder anew, so
 * that a run that began under another process of the agent is just the same.
 */
import { stat } from "node:fs/promises";
import type { FailureCode, SpoolEntry } from "@atalaya/protocol";
import type { Cgroup } from "../capabilities/exec/cgroups.ts";
import { isWrapper } from "../capabilities/exec/processes.ts";
import { pumpOf } from "../capabilities/exec/pump.ts";
import type { PumpProgram } from "../capabilities/exec/pump-program.ts";
import { watchFolder } from "../capabilities/exec/watch.ts";
import type { BootClock } from "../platform/boot-clock.ts";
import { isFull, readIfThere, readJsonIfThere, writeDurably } from "../platform/durable-file.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { RunFiles } from "../spool/layout.ts";
import {
  Ending,
  readClaim,
  readObstacle,
  readStarted,
  readStatus,
  type AcceptedRun,
  type Started,
  type Status,
} from "../spool/records.ts";
import { crewOf } from "./crew.ts";
import { endingOf } from "./ending.ts";
import { createFlow } from "./flow.ts";
import type { Attendant, Terms } from "./handler.ts";
import type { Outlet } from "./outlet.ts";
import { openOutput } from "./output.ts";
import { createSteps } from "./steps.ts";
import { createStopping } from "./stopping.ts";
import { createTelling } from "./telling.ts";

export interface RunNeeds {
  readonly accepted: AcceptedRun;
  readonly terms: Terms;
  readonly files: RunFiles;
  readonly boot: BootClock;
  readonly log: Log;
  readonly pump: () => Promise<PumpProgram>;
  readonly capBytes: number;
  /** Absent on a machine that has none. */
  readonly group?: Cgroup;
  /** Bytes of output in the spool at which the command has to wait until the server has committed them. */
  highWaterBytes(): number;
}

export interface Run {
  readonly id: string;
  readonly bytes: number;
  entry(): SpoolEntry;
  /** Watches. `exited` resolves when the wrapper, if we started it, is gone. Resolves after the first look. */
  follow(exited?: Promise<void>): Promise<void>;
  /** It ends here without a command's status. Durable when this resolves. */
  end(state: "failed" | "cancelled" | "lost", code: FailureCode | undefined, message: string): Promise<void>;
  /** `told`: what the other end knows of its phase. */
  attach(outlet: Outlet, handle: number, through: number, told: SpoolEntry["phase"] | undefined): void;
  detach(): void;
  committed(through: number): void;
  cancel(): void;
  /** There may be room on the link again. */
  poke(): void;
  close(): Promise<void>;
}

export function createRun(needs: RunNeeds): Run {
  const { accepted, terms, files, boot, log } = needs;
  const output = openOutput(files, terms.outputLimitBytes);
  const sameBoot = accepted.bootId === boot.bootId;
  const flow = createFlow({
    run: accepted.run,
    output,
    pump: pumpOf({ files, program: needs.pump, capBytes: needs.capBytes, sameBoot }),
    log,
    later: (ms) => steps.later(ms),
    full(now) {
      full.pump = now;
      telling.tellFull();
    },
  });
  let started: (Started & { readonly at: number }) | undefined;
  let ending: Ending | undefined;
  let wrapperGone = false;
  /** Whether the disk is too full for the pump, and for what is written here. */
  const full = { pump: false, step: false };
  let watcher: { close(): void } | undefined;
  let attendant: Attendant | undefined;

  const steps = createSteps(async () => {
    try {
      await step();
      full.step = false;
    } catch (error) {
      // The disk may be full or the folder gone; the slow poll tries again.
      if (isFull(error)) full.step = true;
      else log.error("run.step-failed", { run: accepted.run, ...failureOf(error) });
    }
    telling.tellFull();
  });
  const { poke } = steps;
  const telling = createTelling({
    run: accepted.run,
    output,
    log,
    startedAt: () => started?.at,
    ending: () => ending,
    isFull: () => full.pump || full.step,
  });

  const stopping = createStopping({
    accepted,
    files,
    crew: crewOf(accepted.run, needs.group),
    boot,
    log,
    graceMs: terms.graceMs,
    sameBoot,
    started: () => started,
    poke,
    async asked() {
      if (output.flow === "paused") await flow.goOn();
    },
  });

  async function step(): Promise<void> {
    let failed: unknown;
    // A disk that is too full to write the result down must not keep the output from leaving.
    if (ending === undefined) await observe().catch((error: unknown) => (failed = error));
    await output.look();
    if (ending === undefined) await guard().catch((error: unknown) => (failed ??= error));
    telling.tell();
    await output.pump();
    telling.tell();
    if (failed !== undefined) throw failed as Error;
  }

  async function observe(): Promise<void> {
    if (started === undefined) await readStart();
    const gone = wrapperGone;
    const status = readStatus((await readIfThere(files.status)) ?? "");
    if (status !== undefined) {
      if ((await stopping.emptied()) && (await flow.finished())) await finish(status);
    } else if (gone) await vanish();
    else await stopping.act();
  }

  async function readStart(): Promise<void> {
    const found = readStarted((await readIfThere(files.pid)) ?? "");
    if (found === undefined) return;
    started = { ...found, at: Math.round((await stat(files.pid)).mtimeMs) };
    stopping.armTimeLimit();
  }

  async function vanish(): Promise<void> {
    const claim = await readIfThere(files.claim);
    if (claim === undefined || readClaim(claim).by === "agent") {
      await end("failed", "run.cannot-start", "the wrapper of the command ended before it began");
    } else
      await end(
        "lost",
        "run.vanished",
        "the process that waited for the command is gone: how the command ended cannot be known",
      );
  }

  async function finish(status: Status): Promise<void> {
    if (started === undefined) await readStart();
    stopping.over();
    await output.look();
    const [stdout, stderr] = await Promise.all([sizeOf(files.stdout), sizeOf(files.stderr)]);
    const droppedBytes = terms.outputLimitBytes === undefined ? 0 : Math.max(0, output.total - terms.outputLimitBytes);
    const obstacle = (await readIfThere(files.obstacle))?.slice(0, 64) ?? "";
    const complaint = readObstacle(obstacle).begun ? "" : await firstLineOf(files.stderr);
    const { timeLimitMs } = accepted;
    const { stop } = stopping;
    const starved = sameBoot && (await needs.group?.starved()) === true;
    const remains = { starved, files, status, started, obstacle, complaint, stop, droppedBytes, timeLimitMs };
    const endedAt = Math.round((await stat(files.status)).mtimeMs);
    await conclude(
      endingOf(await terms.outcomeOf(remains), {
        ...remains,
        endedAt,
        ends: { stdout, stderr },
        incomplete: await flow.incomplete(),
      }),
    );
  }

  async function end(
    state: "failed" | "cancelled" | "lost",
    code: FailureCode | undefined,
    message: string,
  ): Promise<void> {
    await flow.release();
    const [stdoutEnd, stderrEnd] = await Promise.all([sizeOf(files.stdout), sizeOf(files.stderr)]);
    await conclude({
      state,
      ...(code === undefined ? {} : { reason: { code, message } }),
      ...(started === undefined ? {} : { startedAt: started.at }),
      stdoutEnd,
      stderrEnd,
    });
  }

  async function conclude(found: Ending): Promise<void> {
    await writeDurably(files.result, JSON.stringify(found));
    settle(found);
    log.info("run.ended", {
      run: accepted.run,
      state: found.state,
      code: found.reason?.code,
      durationMs: found.durationMs,
    });
  }

  function settle(found: Ending): void {
    ending = found;
    output.end({ stdout: found.stdoutEnd, stderr: found.stderrEnd });
    stopping.close();
    watcher?.close();
    watcher = undefined;
    void attendant?.close();
    steps.again();
  }

  /** Limits on what the command may write. */
  async function guard(): Promise<void> {
    if (terms.outputLimitBytes !== undefined && output.total > terms.outputLimitBytes)
      await stopping.send("output-limit");
    if (started === undefined) return;
    // A command that is being ended gets some more room, so that it can say goodbye.
    const highWater = needs.highWaterBytes() * (stopping.stop === undefined ? 1 : 2);
    await flow.guard(highWater);
  }

  async function follow(exited?: Promise<void>): Promise<void> {
    const result = await readJsonIfThere(files.result, Ending);
    if (result !== undefined) {
      await readStart();
      settle(result);
    } else {
      output.begin();
      await stopping.resume();
      watcher = watchFolder(files.folder, (name) => {
        if (name === "out" || name === "err" || name === "chunks") steps.pokeSoon();
        else if (name === undefined) void checkWrapper().then(poke, poke);
        else {
          if (name === "mark" || name === "pump") flow.due();
          poke();
        }
        attendant?.look();
      });
      attendant = terms.attend?.({ id: accepted.run, files, outlet: () => telling.outlet });
      attendant?.look();
      if (exited === undefined) await checkWrapper();
      else {
        void exited.then(() => {
          wrapperGone = true;
          poke();
        });
      }
    }
    poke();
    await steps.idle();
  }

  async function checkWrapper(): Promise<void> {
    flow.due();
    const text = await readIfThere(files.claim);
    if (text === undefined) return;
    const claim = readClaim(text);
    if (claim.by === "wrapper" && !isWrapper(claim.pid, files.folder)) wrapperGone = true;
  }

  return {
    id: accepted.run,
    get bytes() {
      return output.stored;
    },
    entry: () => ({ run: accepted.run, phase: telling.phase, lastSequence: output.lastSequence }),
    follow,
    async end(state, code, message) {
      await end(state, code, message);
      poke();
    },
    attach(next, handle, through, known) {
      telling.attach(next, known);
      output.attach(next, handle, through);
      poke();
    },
    detach() {
      telling.detach();
      output.detach();
    },
    committed(through) {
      output.acknowledge(through);
      poke();
    },
    cancel() {
      if (ending === undefined) stopping.ask("cancel");
    },
    poke,
    async close() {
      steps.close();
      stopping.close();
      watcher?.close();
      await attendant?.close();
      await steps.idle();
      await output.close();
    },
  };
}

async function firstLineOf(path: string): Promise<string> {
  return (await readIfThere(path))?.slice(0, 500).split("\n")[0] ?? "";
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
