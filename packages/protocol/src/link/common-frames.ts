/**
 * The two frames that agents send by the thousand, read without the schema: that took longer than all else there is to
 * do about a run's end. Only what the schema would take as it is, word for word; anything else goes the long way.
 */
import { reportedStates } from "../run-states.ts";
import type { AgentFrame, RunResult } from "./frames.ts";

const ACCEPTED = /^\{"type":"accepted","run":"(run_[A-Za-z0-9_-]{22})"\}$/;
const RUN_ID = /^run_[A-Za-z0-9_-]{22}$/;
const STATES: ReadonlySet<unknown> = new Set(reportedStates);

/** `accepted` exactly as agents write it; undefined for any other text. */
export function acceptedOf(text: string): AgentFrame | undefined {
  const run = ACCEPTED.exec(text)?.[1];
  return run === undefined ? undefined : { type: "accepted", run };
}

/** A result that has nothing but what each has, in JSON as it was read; undefined for anything else. */
export function plainResultOf(value: unknown): RunResult | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const said = value as Readonly<Record<string, unknown>>;
  if (said["type"] !== "result" || !STATES.has(said["state"]) || !isCount(said["lastSequence"])) return undefined;
  for (const key of Object.keys(said)) {
    switch (key) {
      case "type":
      case "state":
      case "lastSequence":
      case "result":
        break;
      case "run":
        if (typeof said[key] !== "string" || !RUN_ID.test(said[key])) return undefined;
        break;
      case "durationMs":
      case "startedAt":
      case "finishedAt":
      case "droppedBytes":
        if (!isCount(said[key])) return undefined;
        break;
      default:
        return undefined;
    }
  }
  return said["run"] === undefined ? undefined : (value as RunResult);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
