/** Three ways to show a job under way: lines prefixed by host, equal output folded, or JSON events. */
import type { Terminal } from "./terminal.ts";
import { printable } from "./terminal.ts";
import { prefixedLines } from "./lines.ts";
import { fold, type FoldedBlock } from "./fold.ts";
import { colourOf, countsOf, isEnd, progressLine, type States } from "./progress.ts";
import { duration } from "./time.ts";

export interface RunSeen {
  readonly id: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly state: string;
  readonly reason?: { readonly code: string; readonly message: string } | undefined;
  readonly result?: unknown;
  readonly durationMs?: number | undefined;
}

export interface OutputSeen {
  readonly run: string;
  readonly host: { readonly id: string; readonly name: string };
  readonly stream: "stdout" | "stderr";
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

export interface JobSeen {
  readonly id: string;
  readonly state: string;
  readonly states: States;
  readonly targets: number;
}

export interface View {
  job(job: JobSeen): Promise<void>;
  output(output: OutputSeen): Promise<void>;
  /** The run is final and all its output was shown. */
  ended(run: RunSeen): Promise<void>;
  /** From time to time, so that a view may show what it gathered. */
  tick(): Promise<void>;
  /** All that will be shown was shown: the summary. */
  close(job: JobSeen): Promise<void>;
}

export function exitCodeOf(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null || !("exitCode" in result)) return undefined;
  return typeof result.exitCode === "number" ? result.exitCode : undefined;
}

/** `failed (2)`, `refused (run.forbidden-by-policy)`. */
export function outcomeOf(run: RunSeen): string {
  const code = exitCodeOf(run.result);
  if (run.state === "failed" && code !== undefined && code !== 0) return `failed (${code})`;
  return run.reason === undefined ? run.state : `${run.state} (${run.reason.code})`;
}

interface Needs {
  readonly terminal: Terminal;
  readonly targets: number;
  readonly now: () => number;
  /** Neither progress nor summary nor the failures' sentences. */
  readonly quiet: boolean;
}

export function prefixView(needs: Needs & { readonly prefix: boolean; readonly width: number }): View {
  const { terminal, quiet, prefix, width } = needs;
  const lines = prefixedLines((host, stream) => {
    if (!prefix) return "";
    const name = `${printable(host).padEnd(width)}: `;
    return stream === "stderr" ? terminal.paint.yellow(name) : terminal.paint.cyan(name);
  });
  const frame = framed(needs);
  return {
    ...frame,
    async output({ host, stream, bytes }) {
      const text = lines.add(host.name, stream, bytes);
      if (text.length === 0) return;
      frame.hide();
      await terminal.out.write(text);
    },
    async ended(run) {
      const rest = lines.end(run.host.name);
      if (rest.length > 0) {
        frame.hide();
        await terminal.out.write(rest);
      }
      if (!quiet && run.state !== "succeeded") {
        frame.hide();
        const why = run.reason === undefined ? "" : `: ${printable(run.reason.message)}`;
        await terminal.err.write(
          `${colourOf(run.state, terminal.paint)(`${printable(run.host.name)}: ${outcomeOf(run)}`)}${why}\n`,
        );
      }
    },
    tick: () => Promise.resolve(),
  };
}

/** How long finished hosts wait for others with the same output. */
const LOOK_EVERY_MS = 1_000;

export function foldView(needs: Needs & { readonly foldNames: (names: readonly string[]) => string }): View {
  const { terminal, foldNames } = needs;
  const folded = fold();
  const frame = framed(needs);
  let lastLook = needs.now();

  async function show(block: FoldedBlock): Promise<void> {
    frame.hide();
    const names = printable(foldNames(block.hosts));
    const count = block.hosts.length === 1 ? "" : ` (${block.hosts.length})`;
    const outcome =
      block.outcome === "succeeded" ? "" : ` ${colourOf(block.outcome.split(" ")[0]!, terminal.paint)(block.outcome)}`;
    const head = `${terminal.paint.bold(names)}${count}${outcome}`;
    if (block.bytes === undefined) {
      await terminal.out.write(`---- ${head}: same as ${printable(foldNames(block.sameAs))}\n`);
      return;
    }
    await terminal.out.write(`---- ${head}\n`);
    await terminal.out.write(block.bytes);
    if (block.bytes.length > 0 && block.bytes.at(-1) !== 0x0a) await terminal.out.write("\n");
    if (block.cut) await terminal.out.write("(more output than can be folded: see `atalaya job output`)\n");
  }

  async function look(): Promise<void> {
    lastLook = needs.now();
    for (const block of folded.take()) await show(block);
  }

  return {
    ...frame,
    output({ host, bytes }) {
      folded.add(host.name, bytes);
      return Promise.resolve();
    },
    ended(run) {
      folded.end(run.host.name, outcomeOf(run));
      return Promise.resolve();
    },
    async tick() {
      if (needs.now() - lastLook >= LOOK_EVERY_MS) await look();
    },
    async close(job) {
      await look();
      await frame.close(job);
    },
  };
}

/** Newline-delimited JSON; the last event tells the job's states. */
export function jsonView({ terminal }: Pick<Needs, "terminal">): View {
  const print = (event: object): Promise<void> => terminal.out.write(`${JSON.stringify(event)}\n`);
  return {
    job: () => Promise.resolve(),
    output({ bytes, ...rest }) {
      const text = textOf(bytes);
      return print({
        type: "output",
        ...rest,
        ...(text === undefined ? { base64: Buffer.from(bytes).toString("base64") } : { text }),
      });
    },
    ended: (run) => print({ type: "run", ...run }),
    tick: () => Promise.resolve(),
    close: ({ id, state, targets, states }) => print({ type: "job", id, state, targets, states }),
  };
}

/** The bytes as text when they are UTF-8, so that programs need no base64 for the common case. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Progress line and summary, shared by the views for people. */
function framed({ terminal, targets, now, quiet }: Needs): Pick<View, "job" | "close"> & { hide(): void } {
  const startedAt = now();
  const progress = progressLine(terminal, targets, startedAt, now);
  return {
    hide: () => progress.hide(),
    job({ states }) {
      if (!quiet) progress.show(states);
      return Promise.resolve();
    },
    async close({ id, state, states, targets: all }) {
      progress.hide();
      if (quiet) return;
      const ended = Object.entries(states).reduce((sum, [name, count]) => sum + (isEnd(name) ? (count ?? 0) : 0), 0);
      const open = all - ended;
      const word = open > 0 ? `${state}, ${open} of ${all} still open` : `${all} ${all === 1 ? "host" : "hosts"}`;
      await terminal.err.write(
        `${terminal.paint.bold(id)}  ${word}: ${countsOf(states, terminal.paint)}  in ${duration(now() - startedAt)}\n`,
      );
    },
  };
}
