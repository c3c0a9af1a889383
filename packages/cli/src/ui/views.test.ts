import { expect, test } from "vitest";
import { foldHosts } from "@atalaya/client";
import { foldView } from "./fold-view.ts";
import type { RunSeen, View } from "./job-seen.ts";
import { jsonView } from "./json-view.ts";
import { prefixView, rawView } from "./prefix-view.ts";
import { recordedTerminal, type Recorded } from "./terminal.testing.ts";

let now = 0;
const needs = (terminal: Recorded, targets: number, quiet = false) => ({
  terminal,
  targets,
  now: () => now,
  foldNames: foldHosts,
  quiet,
});
const out = ({ printed }: Recorded): string => printed.out.toString();
const err = ({ printed }: Recorded): string => printed.err.toString();
const run = (name: string, more: Partial<RunSeen> = {}): RunSeen => ({
  id: `run_${name}`,
  host: { id: `host_${name}`, name },
  state: "succeeded",
  ...more,
});
const print = (view: View, name: string, text: string | Buffer, stream: "stdout" | "stderr" = "stdout") =>
  view.output({
    run: `run_${name}`,
    host: { id: `host_${name}`, name },
    stream,
    sequence: 1,
    bytes: Buffer.from(text as string),
  });

test("what hosts write to stderr goes to ours, each line with its host before it", async () => {
  const terminal = recordedTerminal();
  const view = prefixView({ ...needs(terminal, 2), width: 4 });
  await print(view, "a", "one\ntwo");
  await print(view, "b", "oops\n", "stderr");
  await view.ended(run("a"));
  await view.ended(run("b", { state: "failed", result: { exitCode: 3 } }));
  await view.close({ id: "job_1", state: "finished", targets: 2, states: { succeeded: 1, failed: 1 } });
  expect(out(terminal)).toBe("a   : one\na   : two\n");
  expect(err(terminal)).toBe("b   : oops\nb: failed (3)\njob_1  2 hosts: 1 succeeded, 1 failed  in 0ms\n");
});

test("the summary of a job looked at later tells how long the job took", async () => {
  const terminal = recordedTerminal();
  const view = prefixView({ ...needs(terminal, 1), width: 0 });
  const times = { createdAt: 1_000, finishedAt: 13_000 };
  await view.close({ id: "job_1", state: "finished", targets: 1, states: { succeeded: 1 }, ...times });
  expect(err(terminal)).toBe("job_1  1 host: 1 succeeded  in 12s\n");
});

test("a name with control characters does nothing to the terminal", async () => {
  const terminal = recordedTerminal();
  await print(prefixView({ ...needs(terminal, 1), width: 0 }), "e\u001b[31m\n\u202e", "x\n");
  expect(out(terminal)).toBe(String.raw`e\x1b[31m\x0a\u202e: x` + "\n");
});

test("one host without its name is printed byte for byte", async () => {
  const terminal = recordedTerminal();
  const view = rawView(needs(terminal, 1, true));
  const bytes = Buffer.from([0, 255, 10, 65]);
  await print(view, "a", bytes);
  await view.ended(run("a"));
  expect(terminal.printed.out).toEqual(bytes);
  expect(err(terminal)).toBe("");
});

test("many hosts that did not succeed are told folded at the end, some at once", async () => {
  const terminal = recordedTerminal();
  const view = prefixView({ ...needs(terminal, 40), width: 0 });
  for (let n = 1; n <= 30; n++) await view.ended(run(`pc-${n}`, { state: "failed", result: { exitCode: 1 } }));
  const reason = { code: "job.cancelled", message: "Cancelled by ana." };
  for (let n = 31; n <= 40; n++) await view.ended(run(`pc-${n}`, { state: "cancelled", reason }));
  expect(err(terminal).split("\n")).toHaveLength(11);
  await view.close({ id: "job_1", state: "finished", targets: 40, states: { failed: 30, cancelled: 10 } });
  expect(err(terminal)).toContain(
    "failed (1): pc-[1-30] (30)\ncancelled (job.cancelled): pc-[31-40] (10): Cancelled by ana.\n",
  );
});

test("the progress line fits the terminal, is taken away for output and returns", async () => {
  const terminal = recordedTerminal({ live: true, columns: 24 });
  const view = prefixView({ ...needs(terminal, 3), width: 0 });
  await view.job({ id: "job_1", state: "running", targets: 3, states: { running: 2, succeeded: 1 } });
  await print(view, "a", "x\n");
  await view.tick();
  const line = "\r\u001b[2K1/3  2 running, 1 succ…";
  expect(err(terminal)).toBe(`${line}\r\u001b[2K${line}`);
});

test("without a terminal nothing is rewritten and nothing coloured", async () => {
  const terminal = recordedTerminal();
  const view = foldView(needs(terminal, 1));
  await view.job({ id: "job_1", state: "running", targets: 1, states: { running: 1 } });
  await view.tick();
  await view.close({ id: "job_1", state: "finished", targets: 1, states: { succeeded: 1 } });
  // oxlint-disable-next-line no-control-regex
  expect(out(terminal) + err(terminal)).not.toMatch(/[\r\u001b]/);
});

test("folded output is shown live, later hosts by name, and whole groups at the end", async () => {
  now = 0;
  const terminal = recordedTerminal();
  const view = foldView(needs(terminal, 4));
  for (const name of ["pc-1", "pc-2", "pc-3"]) await print(view, name, "equal");
  for (const name of ["pc-2", "pc-1"]) await view.ended(run(name));
  now = 1000;
  await view.tick();
  expect(out(terminal)).toBe("---- pc-[1-2] (2)\nequal\n");
  await view.ended(run("pc-3"));
  await view.ended(run("pc-4", { state: "refused", reason: { code: "run.forbidden-by-policy", message: "not here" } }));
  await view.close({ id: "job_1", state: "finished", targets: 4, states: { succeeded: 3, refused: 1 } });
  expect(out(terminal)).toBe(
    [
      "---- pc-[1-2] (2)",
      "equal",
      "---- pc-3: same as pc-[1-2]",
      "---- pc-4 refused (run.forbidden-by-policy): not here",
      "==== 2 different answers",
      "pc-[1-3] (3): equal",
      "pc-4 refused (run.forbidden-by-policy): not here",
      "",
    ].join("\n"),
  );
});

test("events for programs are lines of JSON, and the last tells the states", async () => {
  const terminal = recordedTerminal();
  const view = jsonView({ terminal });
  await print(view, "a", "é\n");
  await print(view, "a", Buffer.from([0xff]));
  await view.ended(run("a"));
  await view.close({ id: "job_1", state: "finished", targets: 1, states: { succeeded: 1 } });
  const events = out(terminal)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map(({ type }) => type)).toEqual(["output", "output", "run", "job"]);
  expect(events[0]).toMatchObject({ text: "é\n", host: { name: "a" }, stream: "stdout" });
  expect(events[1]).toMatchObject({ base64: "/w==" });
  expect(events.at(-1)).toEqual({ type: "job", id: "job_1", state: "finished", targets: 1, states: { succeeded: 1 } });
});
