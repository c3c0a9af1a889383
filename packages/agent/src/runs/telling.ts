/** What the link is told of a run: each phase once, its result when all output has been sent, and whether its disk has room. */
import type { AgentFrame, RunResult, SpoolEntry } from "@atalaya/protocol";
import type { Log } from "../platform/log.ts";
import type { Ending } from "../spool/records.ts";
import { incompleteOf } from "./ending.ts";
import type { Outlet } from "./outlet.ts";
import type { Output } from "./output.ts";

export interface TellingNeeds {
  readonly run: string;
  readonly output: Pick<Output, "sent" | "damaged" | "lastSequence">;
  readonly log: Log;
  /** Undefined: it has not begun. */
  startedAt(): number | undefined;
  ending(): Ending | undefined;
  /** Whether the disk is too full to go on. */
  isFull(): boolean;
}

export interface Telling {
  readonly phase: SpoolEntry["phase"];
  /** The link, once the server knows of the run there. */
  readonly outlet: Outlet | undefined;
  /** What is new since the last time. */
  tell(): void;
  tellFull(): void;
  /** `known`: what the other end knows of its phase. */
  attach(link: Outlet, known: SpoolEntry["phase"] | undefined): void;
  detach(): void;
}

export function createTelling({ run, output, log, startedAt, ending, isFull }: TellingNeeds): Telling {
  let link: Outlet | undefined;
  let told: SpoolEntry["phase"] | undefined;
  let resultTold = false;
  let fullTold = false;

  function phase(): SpoolEntry["phase"] {
    if (ending() !== undefined) return "finished";
    return startedAt() === undefined ? "accepted" : "running";
  }

  return {
    get phase() {
      return phase();
    },
    get outlet() {
      return told === undefined ? undefined : link;
    },
    tell() {
      if (link === undefined) return;
      if (told === undefined) {
        link.send({ type: "accepted", run });
        told = "accepted";
      }
      const began = startedAt();
      if (told === "accepted" && began !== undefined) {
        link.send({ type: "running", run, startedAt: began });
        told = "running";
      }
      const end = ending();
      if (end !== undefined && !resultTold && output.sent()) {
        resultTold = true;
        const whole = output.damaged ? incompleteOf(end, "the spool was damaged") : end;
        link.send(resultFrame(run, whole, output.lastSequence));
      }
    },
    tellFull() {
      const now = isFull();
      if (now === fullTold || link === undefined || told === undefined) return;
      fullTold = now;
      log.warn(now ? "run.disk-full" : "run.disk-has-room", { run });
      link.send(
        problem(run, now ? "it is full, and the run waits for room" : "there is room again, and the run goes on"),
      );
    },
    attach(next, known) {
      link = next;
      told = known;
      resultTold = false;
      fullTold = false;
    },
    detach() {
      link = undefined;
    },
  };
}

function problem(run: string, message: string): AgentFrame {
  return { type: "problem", code: "run.spool-full", message: `the disk of the agent's spool: ${message}`, run };
}

function resultFrame(run: string, { stdoutEnd: _, stderrEnd: __, ...ending }: Ending, lastSequence: number): RunResult {
  return { type: "result", run, ...withoutUndefined(ending), lastSequence } as RunResult;
}

function withoutUndefined(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined));
}
