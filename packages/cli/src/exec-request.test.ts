import { expect, test } from "vitest";
import { execRequest, type ExecNeeds, type ExecOptions } from "./exec-request.ts";
import { policyOf } from "./rollout-options.ts";
import { UsageError } from "./session.ts";

const none = { env: [] };
const unused = {} as ExecNeeds;
const request = (words: readonly string[], options: Partial<ExecOptions> = {}, secrets: readonly string[] = []) =>
  execRequest(words, { ...none, ...options }, secrets, unused);

test("words after -- are a program with its arguments; a shell only when asked", async () => {
  expect(await request(["ls", "-l", "a b"])).toEqual({
    command: { kind: "program", program: "ls", args: ["-l", "a b"] },
  });
  expect(await request(["df -h | tail -1"], { shell: true })).toEqual({
    command: { kind: "shell", script: "df -h | tail -1" },
  });
});

test("options become the request's fields, in its units", async () => {
  const options = {
    as: "ana",
    cwd: "/srv",
    env: ["A=1", "B=x=y"],
    timeout: "1m30s",
    grace: "2s",
    outputLimit: "10MiB",
    cpu: "1m",
    memory: "1GiB",
    processes: "9",
    openFiles: "64",
    umask: "027",
    nice: "-5",
  };
  expect(await request(["x"], options, ["TOKEN"])).toEqual({
    command: { kind: "program", program: "x", args: [] },
    account: "ana",
    cwd: "/srv",
    env: { A: "1", B: "x=y" },
    secretEnv: ["TOKEN"],
    timeLimitMs: 90_000,
    graceMs: 2_000,
    outputLimitBytes: 10_485_760,
    limits: { cpuSeconds: 60, memoryBytes: 1_073_741_824, processes: 9, openFiles: 64 },
    umask: "027",
    nice: -5,
  });
});

test("who gives a file's path as the text of --stdin is told of --stdin-file", async () => {
  let said = "";
  const err = { paint: { yellow: (text: string) => text }, write: async (text: string) => void (said += text) };
  const needs = { session: { terminal: { err } } } as unknown as ExecNeeds;
  const path = import.meta.filename;
  expect(await execRequest(["cat"], { ...none, stdin: path }, [], needs)).toMatchObject({ stdin: { text: path } });
  expect(said).toContain(`--stdin-file ${path}`);
  said = "";
  for (const stdin of ["hello", "/no/such/file", "/tmp", `${path}\n`])
    await execRequest(["cat"], { ...none, stdin }, [], needs);
  expect(said).toBe("");
});

test("a secret for standard input is not set as a variable too", async () => {
  expect(await request(["x"], { secretStdin: "PW" }, ["PW", "OTHER"])).toMatchObject({
    stdin: { kind: "secret", name: "PW" },
    secretEnv: ["OTHER"],
  });
});

test.each<[string, Partial<ExecOptions>, RegExp]>([
  ["no command", {}, /after --/],
  ["two inputs", { stdin: "a", secretStdin: "B" }, /exclude each other/],
  ["an unknown secret", { secretStdin: "B" }, /--secret B/],
  ["a value where the name of a secret is asked for", { secretStdin: "B=@file" }, /--secret B=@file/],
  ["a variable without value", { env: ["A"] }, /NAME=value/],
  ["no time", { timeout: "3x" }, /--timeout: 3x/],
  ["no size", { memory: "much" }, /--memory: much/],
  ["no number", { nice: "1.5" }, /--nice: 1.5/],
])("%s is wrong usage, told with the option's name", async (what, options, message) => {
  const wrong = request(what === "no command" ? [] : ["x"], options);
  await expect(wrong).rejects.toThrow(message);
  await expect(wrong).rejects.toBeInstanceOf(UsageError);
});

test("the rollout's options become a policy; without any there is none", () => {
  expect(policyOf({ apart: [] })).toBeUndefined();
  expect(
    policyOf({ wave: "25%", canary: "1", failures: "0", concurrent: "7", labShare: "20%", apart: ["db"] }),
  ).toEqual({
    wave: "25%",
    canary: 1,
    failureBudget: 0,
    maxConcurrent: 7,
    labShare: "20%",
    apart: ["db"],
  });
  for (const wave of ["101%", "x", "-1", ""]) expect(() => policyOf({ wave, apart: [] })).toThrow(/--wave/);
});
