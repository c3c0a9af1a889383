/** Stays with a job until it has ended, and with Ctrl-C: the first cancels it, the second leaves it alone. */
import { ClientError, foldHosts, type Client } from "@atalaya/client";
import { statusOf } from "./exit.ts";
import { follow } from "./follow.ts";
import { guardOf } from "./guard.ts";
import type { Session } from "./session.ts";
import { viewOf, type ShowOptions } from "./show.ts";
import type { JobSeen, View } from "./ui/job-seen.ts";
import { endedIn, type States } from "./ui/progress.ts";
import { printable } from "./ui/terminal.ts";

/** A shell's number for a program that Ctrl-C has ended. */
const LEFT = 130;
/** Hosts that have not begun by then are looked at: they may be offline. */
const WAITED_MS = 2_000;

/** A job that was just made. */
export interface NewJob extends Omit<JobSeen, "states"> {
  readonly states: object;
  readonly selector: string;
  readonly runs: readonly { readonly host: { readonly name: string } }[];
}

/** Resolves with the status to end with. */
export async function attend(
  client: Client,
  session: Session,
  made: NewJob,
  options: ShowOptions,
  json: boolean,
): Promise<number> {
  const job = { ...made, states: made.states as States };
  const names = job.runs.map(({ host }) => host.name);
  const view = viewOf(session, job, options, json, names);
  let latest: States = job.states;
  const watched: View = { ...view, job: (now) => ((latest = now.states), view.job(now)) };
  const waiting = setTimeout(() => {
    void tellWhyItWaits(client, view, job.selector, names, latest);
  }, WAITED_MS);

  const leave = new AbortController();
  let isCancelled = false;
  let isOver = false;
  async function interrupt(): Promise<void> {
    if (isCancelled) return leave.abort();
    isCancelled = true;
    await view.note(`Cancelling ${job.id}; Ctrl-C again leaves it to end by itself.`);
    try {
      await client.post("/api/v1/jobs/{job}/cancel", { params: { path: { job: job.id } } });
    } catch (cause) {
      // Whoever came too late: it has just ended by itself. Or its end was told before the answer, and we have hung up.
      if (isOver || (cause instanceof ClientError && cause.code === "job.final")) return;
      isCancelled = false;
      await view.note(`It was not cancelled: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  }
  const onInterrupt = (): void => void interrupt();
  process.on("SIGINT", onInterrupt);
  try {
    const signal = AbortSignal.any([leave.signal, session.interrupted]);
    const last = await follow({ client, job, view: watched, signal });
    isOver = true;
    await view.close(last);
    return statusOf(last.states, last.targets);
  } catch (cause) {
    return await left(cause, view, job.id, leave.signal.aborted || session.interrupted.aborted);
  } finally {
    clearTimeout(waiting);
    process.off("SIGINT", onInterrupt);
  }
}

/** For somebody who only looks: Ctrl-C leaves at once and changes nothing. */
export async function lookOn<T>(
  session: Session,
  view: View,
  job: string,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<T | typeof LEFT> {
  const leave = new AbortController();
  const onInterrupt = (): void => leave.abort();
  process.on("SIGINT", onInterrupt);
  try {
    return await look(AbortSignal.any([leave.signal, session.interrupted]));
  } catch (cause) {
    return await left(cause, view, job, leave.signal.aborted || session.interrupted.aborted);
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

async function left(cause: unknown, view: View, job: string, byWish: boolean): Promise<typeof LEFT> {
  await view.leave();
  const again = `atalaya job output ${job} --follow`;
  if (byWish) {
    await view.note(`Left ${job}; to see how it goes on: ${again}`);
    return LEFT;
  }
  if (cause instanceof ClientError && (cause.code === "server.unreachable" || cause.code === "server.draining")) {
    const { code, detail } = cause;
    throw new ClientError({
      code,
      detail,
      next: `The job goes on without us. Once the server is back: ${again}`,
      cause,
    });
  }
  throw cause;
}

/** A job waits for hosts that are away, or for its turn: say so, or it looks as if nothing happened. */
async function tellWhyItWaits(
  client: Client,
  view: View,
  selector: string,
  names: readonly string[],
  states: States,
): Promise<void> {
  if (endedIn(states) === names.length || (states["queued"] ?? 0) === 0) return;
  const query = { selector: `(${selector}) and not state:online`, limit: 1000 };
  const found = await client.get("/api/v1/hosts", { params: { query } }).catch(() => undefined);
  const away = found?.items.filter(({ name }) => names.includes(name)) ?? [];
  if (away.length === 0) {
    const guard = await guardOf(client);
    if (guard !== undefined) await view.note(`Some wait for their turn; at once, of all jobs: ${guard}.`);
    return;
  }
  const who = printable(foldHosts(away.map(({ name }) => name)));
  const more = found?.next === undefined ? "" : " and more";
  await view.note(
    away.length === 1
      ? `${who} is ${away[0]!.state}: its run waits until it comes (Ctrl-C cancels; --deadline sets an end to it).`
      : `${away.length} hosts are not online, their runs wait until they come (Ctrl-C cancels): ${who}${more}`,
  );
}
