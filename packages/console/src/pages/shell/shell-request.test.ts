import { expect, test } from "vitest";
import { emptyForm, isAmount, jobOf } from "./shell-request.ts";

test("a command alone becomes a job without a policy", () => {
  expect(jobOf({ ...emptyForm, selector: "all", command: "uptime" })).toEqual({
    selector: "all",
    capability: "exec",
    request: { command: { kind: "shell", script: "uptime" } },
  });
});

test("options stand where the API has them, in its units", () => {
  const form = { ...emptyForm, selector: "lab:a", command: "x", account: " ana ", wave: "25 %", failureBudget: "0" };
  expect(jobOf({ ...form, canary: "2", timeLimitSeconds: 1.5, deadlineMinutes: 10, note: " why " }, 7)).toEqual({
    selector: "lab:a",
    capability: "exec",
    request: { command: { kind: "shell", script: "x" }, account: "ana", timeLimitMs: 1_500 },
    policy: { canary: 2, wave: "25%", failureBudget: 0 },
    deadlineMs: 600_000,
    note: "why",
    confirm: 7,
  });
});

test("an amount is a number or a share", () => {
  expect(["", "5", "25%", " 3 "].every(isAmount)).toBe(true);
  expect(["-1", "101%", "a", "1.5"].some(isAmount)).toBe(false);
});
