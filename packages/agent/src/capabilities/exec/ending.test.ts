import { describe, expect, test } from "vitest";
import { endingOf as kept, type Ended } from "../../runs/ending.ts";
import type { Remains } from "../../runs/handler.ts";
import { runFiles } from "../../spool/layout.ts";
import { outcomeOf } from "./ending.ts";
import type { ExecRequest } from "./launch-plan.ts";

type Found = Remains & Ended;
const request: ExecRequest = {
  command: { kind: "program", program: "make", args: [] },
  account: "ana",
  graceMs: 5_000,
  outputLimitBytes: 10,
};
const remains = (over: Partial<Found> = {}): Found => ({
  files: runFiles("/spool", "run_1"),
  status: { exitCode: 0, uptimeMs: 5_000 },
  started: { pid: 1, uptimeMs: 3_000, at: 1_000_000 },
  endedAt: 1_002_003,
  obstacle: "begun\n   \n",
  stop: undefined,
  droppedBytes: 0,
  timeLimitMs: undefined,
  ends: { stdout: 1, stderr: 2 },
  incomplete: false,
  ...over,
});
const endingOf = (found: Found) => kept(outcomeOf(request, found), found);

describe("the end of a run", () => {
  test("is what the command said when nobody stopped it", () => {
    expect(endingOf(remains())).toMatchObject({ state: "succeeded", result: { exitCode: 0 }, durationMs: 2_003 });
    expect(endingOf(remains({ status: { exitCode: 7, uptimeMs: 5_000 } }))).toMatchObject({
      state: "failed",
      result: { exitCode: 7 },
    });
  });
  test("is no success, and says why, when output may be missing", () => {
    expect(endingOf(remains({ incomplete: true }))).toMatchObject({
      state: "failed",
      reason: { code: "run.output-incomplete" },
      result: { exitCode: 0 },
    });
    const stopped = endingOf(remains({ incomplete: true, stop: { cause: "cancel", uptimeMs: 1 } }));
    expect(stopped).toMatchObject({ state: "cancelled", reason: { code: "run.output-incomplete" } });
    const late = endingOf(remains({ incomplete: true, stop: { cause: "time-limit", uptimeMs: 1 } }));
    expect(late.reason).toMatchObject({ code: "run.time-limit", message: expect.stringContaining("may be missing") });
  });
  test("is measured by uptime when somebody set the clock meanwhile", () => {
    expect(endingOf(remains({ endedAt: 5 })).durationMs).toBe(2_000);
  });
  test("names what stopped it", () => {
    const status = { exitCode: 143, uptimeMs: 5_000 };
    expect(endingOf(remains({ status, stop: { cause: "cancel", uptimeMs: 1 } })).state).toBe("cancelled");
    const late = (timeLimitMs: number) =>
      endingOf(remains({ status, stop: { cause: "time-limit", uptimeMs: 1 }, timeLimitMs }));
    expect(late(5)).toMatchObject({ state: "timed-out", reason: { message: "the command ran longer than 5 ms" } });
    expect(late(90_000).reason?.message).toBe("the command ran longer than 90 s");
    expect(endingOf(remains({ droppedBytes: 3 }))).toMatchObject({
      state: "failed",
      reason: { code: "run.output-limit" },
      droppedBytes: 3,
    });
  });
  test("says that its CPU time was over, where there was a limit", () => {
    const status = { exitCode: 152, uptimeMs: 5_000 };
    const limited = { ...request, limits: { cpuSeconds: 3 } };
    expect(outcomeOf(limited, remains({ status }))).toEqual({
      state: "failed",
      reason: {
        code: "run.cpu-limit",
        message: "CPU time limit reached: the command used more than the 3 s of CPU time it was allowed",
      },
      result: { exitCode: 152 },
    });
    expect(outcomeOf(request, remains({ status })).reason).toBeUndefined();
    expect(outcomeOf(limited, remains({ status: { exitCode: 1, uptimeMs: 5_000 } })).reason).toBeUndefined();
    expect(outcomeOf(limited, remains({ status, stop: { cause: "cancel", uptimeMs: 1 } })).state).toBe("cancelled");
  });
  test("says why the program could not begin", () => {
    const sentence = (obstacle: string) =>
      endingOf(remains({ obstacle, status: { exitCode: 127, uptimeMs: 1 } })).reason;
    expect(sentence("begun\nmissing\n      \n")).toEqual({
      code: "run.program-not-found",
      message: "there is no program make in the PATH",
    });
    expect(sentence("begun\ndenied\n")?.message).toBe("ana may not execute make");
    expect(sentence("begun\ncwd\n")?.message).toBe("ana cannot change to its home; name another folder, as --cwd /");
  });
  test("tells what our own tools complain of from what the command itself says and returns", () => {
    const code = (complaint: string, over: object = {}) =>
      endingOf(remains({ obstacle: "     \n", complaint, status: { exitCode: 1, uptimeMs: 1 }, ...over })).reason?.code;
    expect(code("prlimit: failed to set the AS resource limit: Operation not permitted")).toBe("run.limit-unusable");
    expect(code("setpriv: initgroups failed: Operation not permitted")).toBe("run.account-unusable");
    expect(code("setpriv: failed to execute /bin/sh: Resource temporarily unavailable")).toBe("run.cannot-start");
    expect(code("")).toBe("run.cannot-start");
    expect(code("setpriv: failed", { obstacle: "begun\n" })).toBeUndefined();
    expect(code("", { stop: { cause: "cancel", uptimeMs: 1 } })).toBeUndefined();
  });
});
