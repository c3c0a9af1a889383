/** Jobs for a person: one line each, or all that became of one. */
import { foldHosts, type components } from "@atalaya/client";
import { outcomeOf, type RunSeen } from "../ui/job-seen.ts";
import { colourOf, countsOf } from "../ui/progress.ts";
import { sheet, table } from "../ui/table.ts";
import { printable, type Sink } from "../ui/terminal.ts";
import { ago, duration, moment } from "../ui/time.ts";

type Job = components["schemas"]["Job"];

export function jobTable(jobs: readonly Job[], { paint, columns }: Sink, now: number): string {
  const none = (text: string): string => text;
  const plain = { bold: none, dim: none, red: none, green: none, yellow: none, cyan: none };
  return table(
    jobs,
    [
      { title: "ID", cell: ({ id }) => id, whole: true },
      { title: "STATE", cell: ({ state }) => state, paint: ({ state }) => colourOf(state, paint) },
      { title: "RUNS", cell: ({ states }) => countsOf(states, plain), paint: outlook },
      { title: "WHEN", cell: ({ createdAt }) => ago(createdAt, now) },
      { title: "BY", cell: ({ createdBy }) => printable(createdBy) },
      { title: "WHAT", cell: (job) => printable(what(job)) },
    ],
    columns,
  );

  function outlook({ states, targets, state }: Job): (text: string) => string {
    if (states["succeeded"] === targets) return paint.green;
    return state === "finished" ? paint.red : paint.cyan;
  }
}

/** `guard`: what the server lets go at once, where that is why runs wait. */
export function jobSheet(
  job: Job,
  { runs, guard }: { readonly runs: readonly RunSeen[]; readonly guard: string | undefined },
  { paint }: Sink,
  now: number,
): string {
  const { reason, policy, deadlineAt, finishedAt, createdAt } = job;
  const head = sheet([
    ["job", paint.bold(job.id)],
    ["what", printable(what(job))],
    ["script as of", job.origin?.kind === "script" ? moment(job.origin.changedAt) : undefined],
    ["hosts", printable(job.selector)],
    ["by", `${printable(job.createdBy)}, ${moment(createdAt)} (${ago(createdAt, now)})`],
    ["note", printable(job.note ?? "")],
    ["state", colourOf(job.state, paint)(job.state) + (reason === undefined ? "" : `: ${printable(reason.message)}`)],
    ["runs", `${job.targets}: ${countsOf(job.states, paint)}`],
    [
      "rollout",
      Object.entries(policy)
        .map(([key, value]) => `${key} ${printable(String(value))}`)
        .join(", "),
    ],
    ["guard", guard === undefined ? undefined : `${guard}, at once, of all jobs`],
    ["deadline", deadlineAt === undefined ? undefined : moment(deadlineAt)],
    ["retry of", job.retryOf],
    ["took", finishedAt === undefined ? undefined : duration(finishedAt - createdAt)],
    ["output", job.outputGone === true ? "some of it is gone (retention)" : undefined],
  ]);
  const groups = [...Map.groupBy(runs, (run) => `${outcomeOf(run)} ${run.reason?.message ?? ""}`).values()];
  const lines = groups
    .toSorted((a, b) => b.length - a.length)
    .map((of) => {
      const [first] = of;
      const outcome = colourOf(first!.state, paint)(outcomeOf(first!));
      const why = first!.reason === undefined ? "" : `\n  ${printable(first!.reason.message)}`;
      return `${outcome}: ${printable(foldHosts(of.map(({ host }) => host.name)))} (${of.length})${why}\n`;
    });
  return `${head}\n${lines.join("")}`;
}

/** What happened to a run that its state does not say, and when. */
export function runHistory(run: components["schemas"]["RunDetail"], { paint, columns }: Sink): string {
  const { createdAt, startedAt, finishedAt, history } = run;
  const milestones = [
    { at: createdAt, kind: "asked", message: "" },
    ...(startedAt === undefined ? [] : [{ at: startedAt, kind: "began", message: "" }]),
    ...history,
    ...(finishedAt === undefined ? [] : [{ at: finishedAt, kind: run.state, message: run.reason?.message ?? "" }]),
  ].toSorted((a, b) => a.at - b.at);
  const lines = table(
    milestones,
    [
      { title: "WHEN", cell: ({ at }) => moment(at), whole: true },
      { title: "WHAT", cell: ({ kind }) => printable(kind), whole: true },
      { title: "", cell: ({ message }) => printable(message), whole: true },
    ],
    columns,
  );
  return `${paint.bold(printable(run.host.name))}  ${run.id}\n${lines}`;
}

interface ExecCommand {
  readonly kind?: string;
  readonly script?: string;
  readonly program?: string;
  readonly args?: readonly string[];
}

/** What was asked, in one line, as one would type it. */
function what({ capability, request, origin }: Job): string {
  if (origin?.kind === "script") return ["script", origin.name, ...givenTo(request)].join(" ");
  if (origin?.kind === "deployment") {
    const { id, name = id, rollbackOf } = origin;
    return rollbackOf === undefined ? `deployment ${name}` : `rollback of ${origin.name ?? rollbackOf}`;
  }
  const { command } = request as { readonly command?: ExecCommand };
  if (command === undefined) return capability;
  if (command.kind === "shell") return (command.script ?? "").replaceAll("\n", "; ");
  return [command.program ?? "", ...(command.args ?? [])].map(quoted).join(" ").replaceAll("\n", "; ");
}

/** What a script was given, as one would write it for a shell; of secrets only which. */
function givenTo(request: unknown): readonly string[] {
  const { env = {}, secretEnv = [] } = request as {
    readonly env?: Readonly<Record<string, string>>;
    readonly secretEnv?: readonly string[];
  };
  return [
    ...Object.entries(env).map(([name, value]) => `${name}=${quoted(value).replaceAll("\n", "; ")}`),
    ...secretEnv.map((name) => `${name}=***`),
  ];
}

/** For /bin/sh, only where it must be. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
