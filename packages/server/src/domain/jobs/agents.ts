/** What agents say about runs, as the ledger understands it; and what we answer. */
import {
  isFinal,
  type Capability,
  type OutputFrame,
  type Progress,
  type ResumeEntry,
  type RunResult,
  type RunState,
  type SpoolEntry,
} from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link, LinkListener, RunFrame } from "../link/index.ts";
import type { ActiveRun, Book } from "./book.ts";
import type { Conductor } from "./conductor.ts";
import type { RunIds, RunKey } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { StoredRun } from "./tables.store.ts";
import type { Ledger } from "./ledger.ts";
import { restoreRun, type Loader } from "./loader.ts";
import { absenceOf, resumptionOf } from "./resumption.ts";
import { code, isFinalCode, stateOf } from "./transitions.ts";

export interface AgentsNeeds {
  readonly book: Book;
  readonly ledger: Ledger;
  readonly conductor: Conductor;
  readonly loader: Loader;
  readonly store: JobsStore;
  readonly ids: RunIds;
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly clock: Clock;
  readonly log: Log;
  progress(run: ActiveRun, progress: Progress): void;
  /** Hosts that were merged into this one and have runs under way. */
  mergedInto(host: HostKey): Iterable<HostKey> | undefined;
  readonly latency?: { accepted(ms: number): void; ended(ms: number): void };
}

/** An agent may speak of its own host's runs, and of those sent to it before its host was merged into another. */
function belongs(run: { readonly host: HostKey; readonly system: number }, link: Link): boolean {
  return run.host === link.host || (run.system !== 0 && run.system === link.system);
}

const keyOf = (run: ActiveRun): RunKey => ({ job: run.job.key, host: run.host });

/** For runs that are followed no more: their output frames are dropped. */
const NO_HANDLE = 0xffff_ffff;

export function agentsListener(needs: AgentsNeeds): LinkListener & { pressure(high: boolean): void } {
  const { book, ledger, conductor, loader, store, ids, capabilities, clock, log } = needs;
  const paused = new Set<Link>();
  /** Lost runs that a link may still tell the truth about. */
  const late = new Map<Link, ActiveRun[]>();
  let pressed = false;

  function problem(link: Link, failure: "run.unknown" | "frame.unexpected", message: string, run: string): void {
    link.send({ type: "problem", code: failure, message, run });
  }

  /**
   * Runs of the spool that the book does not have, as the store has them. While it is asked, runs may end and leave the
   * book: asked is until nothing is missing, so that all the spool can then be answered in one go.
   */
  async function storedOf(link: Link, spool: readonly SpoolEntry[]): Promise<ReadonlyMap<string, StoredRun>> {
    const asked = new Set<string>();
    const stored = new Map<string, StoredRun>();
    for (;;) {
      const keys: RunKey[] = [];
      for (const { run } of spool) {
        const key = asked.has(run) ? undefined : elsewhere(run);
        if (key === undefined) continue;
        asked.add(run);
        keys.push(key);
      }
      if (keys.length === 0) return stored;
      const rows = (await store.runsOf(keys)).filter((row) => belongs(row, link));
      for (const row of rows) stored.set(ids.encode(row.job, row.host), row);
      for (const row of rows) if (row.state === code.lost) await loader.load(row.job);
    }
  }

  /** Where the store has a run that the book does not have. */
  function elsewhere(id: string): RunKey | undefined {
    if (book.run(id) !== undefined) return undefined;
    const key = ids.decode(id);
    return key === undefined || queuedInBook(key) ? undefined : key;
  }

  function queuedInBook(key: RunKey): boolean {
    const job = book.jobs.get(key.job);
    const position = job?.positions.get(key.host);
    return position !== undefined && job!.states[position] === code.queued;
  }

  /** The run's object: from the book, made for one that was thought queued, or read back for one thought lost. */
  function runOf(link: Link, id: string, stored: ReadonlyMap<string, StoredRun>): ActiveRun | undefined {
    const known = book.run(id);
    if (known !== undefined) return belongs(known, link) ? known : undefined;
    const key = ids.decode(id);
    if (key === undefined) return undefined;
    if (key.host === link.host && queuedInBook(key)) {
      const job = book.jobs.get(key.job)!;
      return book.activate(job, job.positions.get(key.host)!);
    }
    const row = stored.get(id);
    if (row === undefined || row.state !== code.lost) return undefined;
    const job = book.jobs.get(key.job);
    return job === undefined ? undefined : restoreRun(book, job, row);
  }

  /** The truth about a lost run may still come by this link. */
  function follow(link: Link, run: ActiveRun): void {
    run.follower = link;
    const followed = late.get(link);
    if (followed === undefined) late.set(link, [run]);
    else followed.push(run);
  }

  async function resume(link: Link, spool: readonly SpoolEntry[]): Promise<readonly ResumeEntry[]> {
    const stored = await storedOf(link, spool);
    const entries = spool.map((entry) => resumeOne(link, entry, stored));
    missing(link, new Set(spool.map((entry) => entry.run)));
    return entries;
  }

  function resumeOne(link: Link, entry: SpoolEntry, stored: ReadonlyMap<string, StoredRun>): ResumeEntry {
    const run = runOf(link, entry.run, stored);
    if (run === undefined) {
      const row = stored.get(entry.run);
      if (row === undefined) return { run: entry.run, handle: NO_HANDLE, through: 0, verdict: "unknown" };
      const state = stateOf(row.state);
      const { verdict } = resumptionOf(state, entry.phase);
      noteBegun(row, entry, state, row.system);
      return { run: entry.run, handle: NO_HANDLE, through: row.last_sequence, verdict };
    }
    const from = stateOf(run.job.states[run.position]!);
    const { verdict, move } = resumptionOf(from, entry.phase);
    if (from === "lost") follow(link, run);
    if (isFinal(from) && ledger.has(run)) {
      // Its end is being committed: until then the agent must keep it. It hears `settled` when it has told its own end.
      noteBegun(keyOf(run), entry, from, run.system);
      const meanwhile = verdict === "cancel" ? "cancel" : "go-on";
      return { run: entry.run, handle: run.handle, through: run.through, verdict: meanwhile };
    }
    if (move === "queued" && from !== "queued") {
      ledger.note(keyOf(run), "sent-again", `It was ${from} but certainly had not begun: it is sent again.`);
      requeue(run, link);
    } else if (move === "queued") {
      book.rest(run);
    } else if (move !== undefined && move !== from && !(from === "running" && move === "accepted")) {
      run.accepted = true;
      ledger.move(run, move, { system: link.system });
    }
    // Taken but not committed output comes again; it is known by its sequence.
    return { run: entry.run, handle: run.handle, through: run.through, verdict };
  }

  /** Sent by a server that was killed before it could say so, and ended by the next one: the first end stays. */
  function noteBegun(run: RunKey, { phase }: SpoolEntry, state: RunState, system: number): void {
    if (phase === "unstarted" || (system !== 0 && resumptionOf(state, phase).verdict !== "cancel")) return;
    ledger.note(run, "had-begun", `The agent had begun it (${phase}) when it was already ${state} here.`);
  }

  function requeue(run: ActiveRun, link: Link): void {
    if (run.host === link.host) return void ledger.move(run, "queued", { system: 0 });
    const message = "It had not begun when its host was merged into another.";
    ledger.move(run, "cancelled", { reason: { code: "host.unknown", message } });
  }

  /** Runs that went to this very system and that its spool does not hold. */
  function missing(link: Link, spool: ReadonlySet<string>): void {
    for (const run of underWayAt(link.host)) {
      const { job } = run;
      if (run.system !== link.system || spool.has(run.id)) continue;
      const from = stateOf(job.states[run.position]!);
      const to = absenceOf(from, run.accepted);
      if (to === undefined) continue;
      if (to === "queued") {
        ledger.note(
          keyOf(run),
          "sent-again",
          "The agent came back without it and had not accepted it: it is sent again.",
        );
        requeue(run, link);
      } else if (to === "lost") {
        const message = "The agent had accepted this run and came back without it.";
        ledger.move(run, "lost", { reason: { code: "run.vanished", message } });
      } else {
        ledger.move(run, to);
      }
    }
  }

  /** Of this host, and of those that were merged into it. */
  function underWayAt(home: HostKey): ActiveRun[] {
    const own = book.of(home).map((job) => job.runs.get(job.positions.get(home)!));
    const guests = [...(needs.mergedInto(home) ?? [])].flatMap((host) =>
      book.of(host).map((job) => job.runs.get(job.positions.get(host)!)),
    );
    return [...own, ...guests].filter((run) => run !== undefined);
  }

  function frame(link: Link, said: RunFrame): void {
    if (said.type === "problem") {
      log.warn({ run: said.run, code: said.code, host: link.host }, `an agent has a problem: ${said.message}`);
      const run = said.run === undefined ? undefined : book.run(said.run, link.host);
      if (run !== undefined && belongs(run, link)) ledger.note(keyOf(run), "problem", `${said.code}: ${said.message}`);
      return;
    }
    const run = book.run(said.run, link.host);
    if (run === undefined || !belongs(run, link)) return strange(link, said);
    if (said.type === "progress") return needs.progress(run, said);
    if (said.type === "accepted") {
      if (run.sentAt > 0) needs.latency?.accepted(clock.now() - run.sentAt);
      run.accepted = true;
      ledger.move(run, "accepted", { system: link.system });
    } else if (said.type === "running") {
      run.accepted = true;
      ledger.move(run, "running", { system: link.system, startedAt: said.startedAt ?? clock.now() });
    } else {
      result(link, run, said);
    }
  }

  function result(link: Link, run: ActiveRun, said: RunResult): void {
    const { job, position } = run;
    const before = job.states[position]!;
    // The first end stays. What the agent printed since was not taken, so it must not be asked for either.
    if (isFinalCode(before) && before !== code.lost) return ended(link, run);
    if (said.lastSequence > run.received) {
      const message = `The result names output up to ${said.lastSequence}, of which ${run.received} has come.`;
      return problem(link, "frame.unexpected", message, run.id);
    }
    const late = before === code.lost ? run.reason : undefined;
    const read = resultText(job.capability, said);
    const moved = ledger.move(run, said.state, {
      system: link.system,
      startedAt: said.startedAt ?? run.startedAt,
      durationMs: said.durationMs,
      reason: said.reason,
      result: read.text,
    });
    if (moved) {
      run.reported = true;
      if (run.sentAt > 0) needs.latency?.ended(clock.now() - run.sentAt);
      if (late !== undefined)
        ledger.note(keyOf(run), "late-result", `${said.state} replaced lost (${late.code}: ${late.message})`);
      if (read.wrong !== undefined) ledger.note(keyOf(run), "result-unreadable", read.wrong);
      if ((said.droppedBytes ?? 0) > 0)
        ledger.note(keyOf(run), "output-dropped", `${said.droppedBytes} bytes over the output limit`);
    } else if (isFinalCode(before)) {
      ended(link, run);
    }
  }

  /** The agent has told the end of a run that has one. */
  function ended(link: Link, run: ActiveRun): void {
    // While it is being committed nothing is said; it is when it is durable.
    if (ledger.has(run)) run.reported = true;
    else link.send({ type: "settled", runs: [run.id] });
  }

  function resultText(
    capability: string,
    said: RunResult,
  ): { readonly text: string | undefined; readonly wrong?: string } {
    if (said.result === undefined) return { text: undefined };
    const parsed = capabilities.get(capability)?.result.safeParse(said.result);
    if (parsed === undefined || parsed.success) return { text: JSON.stringify(said.result) };
    return { text: undefined, wrong: parsed.error.issues[0]?.message ?? "it does not fit the capability" };
  }

  /** About a run that nobody follows: settled long ago, or none of ours. */
  function strange(link: Link, said: Exclude<RunFrame, { type: "problem" }>): void {
    if (said.type !== "result") return;
    const key = ids.decode(said.run);
    if (key === undefined) return problem(link, "run.unknown", "There is no such run.", said.run);
    void store
      .run(key.job, key.host)
      .then((row) => {
        if (row !== undefined && belongs(row, link) && isFinalCode(row.state))
          link.send({ type: "settled", runs: [said.run] });
        else problem(link, "run.unknown", "There is no such run.", said.run);
      })
      .catch((error: unknown) =>
        log.warn({ err: error, run: said.run }, "could not look up a run; the agent will ask again"),
      );
  }

  /** It did not come this time: the book is closed on it until its agent asks again. */
  function leave(run: ActiveRun, link: Link): void {
    const { job } = run;
    if (run.follower !== link) return;
    run.follower = undefined;
    if (job.states[run.position] !== code.lost || book.run(run.id, run.host) !== run || ledger.has(run)) return;
    book.rest(run);
    if (job.finishedAt !== undefined && job.runs.size === 0) book.close(job);
  }

  function output(link: Link, { handle, sequence, stream, bytes }: OutputFrame): void {
    const run = book.byHandle(handle);
    // Of runs that were settled meanwhile; nobody waits for it.
    if (run === undefined || !belongs(run, link)) return;
    const state = run.job.states[run.position]!;
    if (isFinalCode(state) && state !== code.lost) return;
    if (ledger.take(run, { sequence, stream, bytes }) === "gap") {
      problem(link, "frame.unexpected", `Chunk ${sequence} came after ${run.received}.`, run.id);
    }
    if (pressed && !paused.has(link)) {
      paused.add(link);
      link.pause?.();
    }
  }

  return {
    resume,
    up: (link) => conductor.reached(link),
    frame,
    output,
    down(link) {
      paused.delete(link);
      for (const run of late.get(link) ?? []) leave(run, link);
      late.delete(link);
      conductor.unreached(link);
    },
    pressure(high) {
      pressed = high;
      if (high) return;
      for (const link of paused) link.resume?.();
      paused.clear();
    },
  };
}
