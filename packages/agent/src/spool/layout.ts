import { join } from "node:path";

/** The files of one run's folder, `<data>/spool/<run id>/`. Who writes each stands beside it. */
export interface RunFiles {
  readonly folder: string;
  /** Agent, once, durably before `accepted` is said. */
  readonly request: string;
  /** Whoever comes first creates it exclusively: the wrapper (its pid), or the agent to make sure that no wrapper will. */
  readonly claim: string;
  /** Wrapper's first stage: process id and uptime at the start. */
  readonly pid: string;
  /** Agent; unlinked by the wrapper once opened. */
  readonly stdin: string;
  /** The pump, appending; emptied by the agent while it is stopped. */
  readonly stdout: string;
  readonly stderr: string;
  /** Named pipes, made by the wrapper: from the command to the pump. */
  readonly pipes: { readonly stdout: string; readonly stderr: string };
  /** Wrapper, then the agent when it replaced one that was killed: process ids and starts of the pumps. */
  readonly pump: string;
  /** Wrapper, then the pump: how it stands. */
  readonly mark: string;
  /** Wrapper's last stage: why the program could not be executed. */
  readonly obstacle: string;
  /** Agent: how the streams were cut into numbered chunks. */
  readonly chunks: string;
  /** Agent: that, why and when it began to end the command. */
  readonly stop: string;
  /** Wrapper: exit code and uptime at the end. */
  readonly status: string;
  /** Agent: what will be told as the run's end. */
  readonly result: string;
}

export function runFiles(spool: string, run: string): RunFiles {
  const folder = join(spool, run);
  const file = (name: string): string => join(folder, name);
  return {
    folder,
    request: file("request"),
    claim: file("claim"),
    pid: file("pid"),
    stdin: file("stdin"),
    stdout: file("out"),
    stderr: file("err"),
    pipes: { stdout: file("pipes/out"), stderr: file("pipes/err") },
    pump: file("pump"),
    mark: file("mark"),
    obstacle: file("obstacle"),
    chunks: file("chunks"),
    stop: file("stop"),
    status: file("status"),
    result: file("result"),
  };
}

const RUN_ID = /^run_[A-Za-z0-9_-]{22}$/;

export function isRunId(name: string): boolean {
  return RUN_ID.test(name);
}
