import { expect, test } from "vitest";
import { auditOf } from "./audited.ts";

const job = { selector: "all", capability: "exec" };

test("a job's entry says what is done as whom, and neither environment nor input", () => {
  const request = {
    command: { kind: "program", program: "ls", args: ["-l", "a b"] },
    account: "ana",
    env: { KEY: "hunter2" },
    stdin: { kind: "text", text: "hunter2" },
  };
  expect(auditOf({ ...job, request })).toEqual({ ...job, account: "ana", command: "ls -l 'a b'" });
});

test("a secret's value is blotted out where the command repeats it", () => {
  const request = { command: { kind: "shell", script: "login hunter2 hunter22" } };
  expect(auditOf({ ...job, request, secrets: { A: "hunter2", B: "hunter22" } })["command"]).toBe("login *** ***");
});

test("a long command is cut, and any request of any capability is told", () => {
  const request = { command: { kind: "shell", script: "x".repeat(5_000) } };
  expect(String(auditOf({ ...job, request })["command"]).length).toBe(1_001);
  for (const odd of [undefined, null, 3, [], { command: 3, account: {} }]) {
    expect(auditOf({ ...job, request: odd })).toMatchObject(job);
  }
});
