/** What the views for people share: the progress line, hosts that did not succeed, the summary. */
import { outcomeOf, type JobSeen, type RunSeen, type View } from "./job-seen.ts";
import { colourOf, countsOf, endedIn, progressLine } from "./progress.ts";
import { printable, type Terminal } from "./terminal.ts";
import { duration } from "./time.ts";

export interface FrameNeeds {
  readonly terminal: Terminal;
  readonly targets: number;
  readonly now: () => number;
  readonly foldNames: (names: readonly string[]) => string;
  /** Neither progress nor summary nor the failures' sentences. */
  readonly quiet: boolean;
  /** What the progress line says beside the states. */
  readonly beside?: () => string;
}

export interface Frame extends Pick<View, "job" | "tick" | "note" | "leave" | "close"> {
  hide(): void;
  /** Tells at once that a host did not succeed; when there are many, only at the end and folded. */
  failed(run: RunSeen): Promise<void>;
}

const TOLD_AT_ONCE = 10;
/** These come to many hosts at the same moment and are no news of any one of them. */
const TOLD_TOGETHER = ["cancelled", "expired"];

export function framed({ terminal, targets, now, foldNames, quiet, beside }: FrameNeeds): Frame {
  const { err } = terminal;
  const startedAt = now();
  const progress = progressLine(terminal, targets, now);
  let toldAtOnce = 0;
  const unsuccessful: { readonly run: RunSeen; readonly told: boolean }[] = [];
  let latest: JobSeen | undefined;

  function show(): void {
    if (!quiet && latest !== undefined) progress.show(latest.states, beside?.());
  }

  /** Whole groups of equal ends, unless each host of the group was told when it happened. */
  async function failures(): Promise<void> {
    for (const group of Map.groupBy(unsuccessful, ({ run }) => outcomeOf(run)).values()) {
      if (group.every(({ told }) => told)) continue;
      const { run } = group[0]!;
      const names = printable(foldNames(group.map(({ run: { host } }) => host.name)));
      const outcome = colourOf(run.state, err.paint)(outcomeOf(run));
      await err.write(`${outcome}: ${names} (${group.length})${why(run)}\n`);
    }
  }

  return {
    hide: () => progress.hide(),
    job(job) {
      latest = job;
      show();
      return Promise.resolve();
    },
    tick() {
      show();
      return Promise.resolve();
    },
    async note(sentence) {
      if (quiet) return;
      progress.hide();
      await err.write(`${sentence}\n`);
    },
    leave() {
      progress.hide();
      return Promise.resolve();
    },
    async failed(run) {
      if (quiet) return;
      const told = !TOLD_TOGETHER.includes(run.state) && toldAtOnce < TOLD_AT_ONCE;
      unsuccessful.push({ run, told });
      if (!told) return;
      toldAtOnce += 1;
      progress.hide();
      const sentence = `${printable(run.host.name)}: ${outcomeOf(run)}`;
      await err.write(`${colourOf(run.state, err.paint)(sentence)}${why(run)}\n`);
    },
    async close({ id, state, states, targets: all, createdAt, finishedAt }) {
      progress.hide();
      if (quiet) return;
      await failures();
      const open = all - endedIn(states);
      const hosts = `${all} ${all === 1 ? "host" : "hosts"}`;
      const word = open > 0 ? `${state}, ${open} of ${hosts} still open` : hosts;
      // Who attaches later sees how long the job took, not how long it took to look at it.
      const tookMs = createdAt === undefined || finishedAt === undefined ? now() - startedAt : finishedAt - createdAt;
      const took = open > 0 ? "" : `  in ${duration(tookMs)}`;
      await err.write(`${err.paint.bold(id)}  ${word}: ${countsOf(states, err.paint)}${took}\n`);
    },
  };
}

function why({ reason }: RunSeen): string {
  return reason === undefined ? "" : `: ${printable(reason.message)}`;
}
