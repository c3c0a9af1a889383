/**
 * Does what the rules decide: lets waves go when `rollout.ts` says so, past the zones of `guard.ts`, to whoever is
 * reachable. A result costs the same whatever the number of targets: waves are counted, never searched.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import { absences } from "./absence.ts";
import type { ActiveJob, ActiveRun, Book, Reason } from "./book.ts";
import { jobDeadlines } from "./deadlines.ts";
import type { SignTickets } from "./dispatch.ts";
import { turnstile, type Zone } from "./guard.ts";
import type { Ledger } from "./ledger.ts";
import { createOutbox, REVOKED, type Target } from "./outbox.ts";
import { budgetOf, nextStep, overBudget } from "./rollout.ts";
import type { Secrets } from "./seal.ts";
import { code, failedOf, isFinalCode } from "./transitions.ts";

export interface ConductorNeeds {
  readonly book: Book;
  readonly ledger: Ledger;
  readonly links: { of(host: HostKey): Link | undefined };
  /** The host whose link a run's agent has. */
  homeOf(run: ActiveRun): HostKey;
  /** No agent of this host will come, unless it is enrolled again. */
  isBarred(host: HostKey): boolean;
  /** No agent of ours was ever there: it comes in by a foreign protocol. */
  isForeign(host: HostKey): boolean;
  /** The guard's zones of a host in a job. */
  zones(job: ActiveJob, host: HostKey): readonly Zone[];
  secrets(job: ActiveJob): Promise<Secrets | undefined>;
  readonly sign: SignTickets;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Conductor extends AsyncDisposable {
  /** A job is in the book: just made, or read back after a start. */
  begin(job: ActiveJob): void;
  /** The host has a link that may be written to. */
  reached(link: Link): void;
  /** The link is gone. */
  unreached(link: Link): void;
  pause(job: ActiveJob): void;
  resume(job: ActiveJob): void;
  /** What waits is cancelled; what runs goes on, or is cancelled too. */
  stop(job: ActiveJob, reason: Reason, running: "leave" | "cancel"): void;
  cancel(run: ActiveRun, reason: Reason): void;
  /** Resolves when all that may go has gone out. */
  idle(): Promise<void>;
  /** Every enrolment of the host was revoked: what waits there is refused, what was under way is lost. */
  barred(host: HostKey): void;
  /** The host is forgotten, or merged into another: then what its agent has goes on under that one's link. */
  gone(host: HostKey, into: HostKey | undefined): void;
}

/** By position: how a target stands with its wave. */
const IDLE = 0;
/** On its way or under way: inside its zones. */
const INSIDE = 1;
/** Waits for room in a zone. */
const PARKED = 2;

export function createConductor(needs: ConductorNeeds): Conductor {
  const { book, ledger, links, clock } = needs;
  const gate = turnstile<Target>();
  const away = absences(() => clock.now());
  const deadlines = jobDeadlines({ book, ledger, links, homeOf: needs.homeOf, away, clock });
  const outbox = createOutbox({
    book,
    ledger,
    isForeign: needs.isForeign,
    secrets: needs.secrets,
    sign: needs.sign,
    clock,
    log: needs.log,
    isWanted: ({ job, position }) => job.holds[position] === INSIDE,
    wayFor,
    isRefused,
    release,
    conduct,
  });

  const listening = ledger.listen({
    moved(job, position, _from, to) {
      if (isFinalCode(to) || to === code.queued) release(job, position);
      else if (to === code.cancelling && !reachable(job, position)) release(job, position);
      if (isFinalCode(to)) conduct(job);
    },
    committed({ touched }) {
      for (const job of touched) if (job.finishedAt !== undefined) deadlines.forget(job);
    },
  });

  function linkFor(job: ActiveJob, host: HostKey): Link | undefined {
    const link = links.of(host);
    // Another system of the same machine is up: this job needs the one that is not.
    return link === undefined || (job.needs !== undefined && job.needs !== link.kind) ? undefined : link;
  }

  function reachable(job: ActiveJob, position: number): boolean {
    return linkFor(job, job.hosts[position]!) !== undefined;
  }

  function mayGo({ job, position }: Target): boolean {
    return (
      job.state === "running" &&
      position < job.opened &&
      job.states[position] === code.queued &&
      (job.deadlineAt === undefined || clock.now() < job.deadlineAt)
    );
  }

  /** The link by which the target may go now. */
  function wayFor(target: Target): Link | undefined {
    return mayGo(target) ? linkFor(target.job, target.job.hosts[target.position]!) : undefined;
  }

  function isRefused(target: Target): boolean {
    const host = target.job.hosts[target.position]!;
    return mayGo(target) && (needs.isBarred(host) || needs.isForeign(host)) && links.of(host) === undefined;
  }

  /** Holds the wave while it is on its way, or waits for room in a zone. */
  function hold(job: ActiveJob, position: number, how: number): void {
    const before = job.holds[position]!;
    job.holds[position] = how;
    job.holding += Number(how !== IDLE) - Number(before !== IDLE);
  }

  function consider(target: Target): void {
    if (target.job.holds[target.position] !== IDLE) return;
    if (wayFor(target) !== undefined) admit(target);
    else if (isRefused(target)) queue(target);
  }

  function queue(target: Target): void {
    hold(target.job, target.position, INSIDE);
    outbox.put(target);
  }

  function admit(target: Target): void {
    const { job, position } = target;
    const zones = needs.zones(job, job.hosts[position]!);
    if (zones.length > 0 && !gate.enter(zones, target)) return hold(job, position, PARKED);
    if (zones.length > 0) job.zones.set(position, zones);
    queue(target);
  }

  /** Its turn at the gate has come; meanwhile much may have changed. */
  function again(target: Target): void {
    const { job, position } = target;
    if (job.holds[position] !== PARKED) return;
    if (wayFor(target) !== undefined) return admit(target);
    hold(job, position, IDLE);
    conduct(job);
  }

  function release(job: ActiveJob, position: number): void {
    if (job.holds[position] === IDLE) return;
    hold(job, position, IDLE);
    const zones = job.zones.get(position);
    if (zones === undefined) return;
    job.zones.delete(position);
    gate.leave(zones, again);
  }

  function conduct(job: ActiveJob): void {
    for (;;) {
      if (job.state !== "running" && job.state !== "paused") return;
      const failed = failedOf(job.tally);
      const view = { opened: job.opened, failed };
      if (overBudget(job.plan, view) && job.tally[code.queued]! > 0) {
        const message = `${failed} runs have failed, more than the ${budgetOf(job.plan, view)} allowed`;
        return stop(job, { code: "job.failure-budget", message }, "leave");
      }
      const step = nextStep(job.plan, {
        opened: job.opened,
        holding: job.holding,
        failed,
        paused: job.state === "paused",
      });
      if (step.kind !== "start") return;
      job.opened = step.to;
      ledger.touch(job);
      for (let position = step.from; position < step.to; position += 1) consider({ job, position });
    }
  }

  /** Its agent cannot tell how it ended. Should it be enrolled again, what it then tells replaces this. */
  function giveUp(run: ActiveRun): void {
    const state = run.job.states[run.position]!;
    if (isFinalCode(state) || state === code.queued) return;
    const message = "The host's enrolment was revoked while it had this command, so nothing is heard of it any more.";
    ledger.move(run, "lost", { reason: { ...REVOKED, message } });
  }

  function cancel(run: ActiveRun, reason: Reason): void {
    const { job, position } = run;
    if (job.states[position] === code.queued) {
      ledger.move(run, "cancelled", { reason });
      return;
    }
    if (!ledger.move(run, "cancelling", { reason })) return;
    const link = links.of(needs.homeOf(run));
    // Elsewhere it will be told when its system comes back.
    if (link !== undefined && link.system === run.system) link.send({ type: "cancel", run: run.id, epoch: link.epoch });
  }

  function stop(job: ActiveJob, reason: Reason, running: "leave" | "cancel"): void {
    job.state = "stopped";
    job.stop ??= reason;
    ledger.touch(job);
    for (let position = 0; position < job.hosts.length; position += 1) {
      const state = job.states[position]!;
      if (isFinalCode(state) || (state !== code.queued && running === "leave")) continue;
      cancel(book.activate(job, position), reason);
    }
  }

  return {
    begin(job) {
      for (const run of job.runs.values()) {
        const state = job.states[run.position]!;
        // A run that is to be cancelled on a host that has not come back holds nobody.
        if (isFinalCode(state) || state === code.queued || state === code.cancelling) continue;
        const zones = needs.zones(job, run.host);
        gate.occupy(zones);
        if (zones.length > 0) job.zones.set(run.position, zones);
        hold(job, run.position, INSIDE);
      }
      for (const run of job.runs.values()) if (needs.isBarred(needs.homeOf(run))) giveUp(run);
      for (let position = 0; position < job.opened; position += 1) consider({ job, position });
      deadlines.watch(job);
      conduct(job);
    },
    reached(link) {
      away.came(link.system);
      for (const job of [...book.of(link.host)]) {
        const position = job.positions.get(link.host);
        if (position !== undefined) consider({ job, position });
      }
    },
    unreached({ host, system }) {
      away.left(system);
      for (const job of [...book.of(host)]) {
        const position = job.positions.get(host)!;
        const state = job.states[position];
        if (job.holds[position] === PARKED || state === code.cancelling) release(job, position);
        // Also one that was taken back to be sent again, and whose link went before it could be.
        conduct(job);
      }
    },
    pause(job) {
      if (job.state !== "running") return;
      job.state = "paused";
      ledger.touch(job);
    },
    resume(job) {
      if (job.state !== "paused") return;
      job.state = "running";
      ledger.touch(job);
      for (let position = 0; position < job.opened; position += 1) consider({ job, position });
      conduct(job);
    },
    stop,
    cancel,
    barred(host) {
      for (const job of [...book.of(host)]) {
        const position = job.positions.get(host)!;
        const run = job.runs.get(position);
        if (run !== undefined) giveUp(run);
        consider({ job, position });
      }
    },
    gone(host, into) {
      const message = into === undefined ? "The host was forgotten." : "The host was merged into another.";
      const reason = { code: "host.unknown", message };
      for (const job of [...book.of(host)]) {
        const run = book.activate(job, job.positions.get(host)!);
        if (job.states[run.position] === code.queued) ledger.move(run, "cancelled", { reason });
        else if (into === undefined) ledger.move(run, "lost", { reason });
      }
    },
    idle: () => outbox.idle(),
    async [Symbol.asyncDispose]() {
      listening[Symbol.dispose]();
      deadlines[Symbol.dispose]();
      await outbox[Symbol.asyncDispose]();
    },
  };
}
