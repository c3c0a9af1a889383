/**
 * Does what the rules decide: lets waves go when `rollout.ts` says so, past the zones of `guard.ts`, to whoever is
 * reachable. A result costs the same whatever the number of targets: waves are counted, never searched.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import { absences, timeLimitOf } from "./absence.ts";
import type { ActiveJob, ActiveRun, Book, Reason } from "./book.ts";
import { BATCH, dispatch, type Dispatch, type SignTickets } from "./dispatch.ts";
import { turnstile, type Zone } from "./guard.ts";
import type { Ledger } from "./ledger.ts";
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

interface Target {
  readonly job: ActiveJob;
  readonly position: number;
}

export function createConductor(needs: ConductorNeeds): Conductor {
  const { book, ledger, links, clock, log } = needs;
  const gate = turnstile<Target>();
  const deadlines = new Map<ActiveJob, Disposable>();
  const outbox: Target[] = [];
  const away = absences(() => clock.now());
  let sending: Promise<void> | undefined;
  let closed = false;

  const listening = ledger.listen({
    moved(job, position, _from, to) {
      if (isFinalCode(to) || to === code.queued) release(job, position);
      else if (to === code.cancelling && !reachable(job, position)) release(job, position);
      if (isFinalCode(to)) conduct(job);
    },
    committed({ touched }) {
      for (const job of touched) if (job.finishedAt !== undefined) forget(job);
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
    outbox.push(target);
    sending ??= send();
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

  async function send(): Promise<void> {
    while (outbox.length > 0 && !closed) {
      // Results are taken between batches, so that ten thousand starts delay nobody for long.
      await new Promise((resolve) => setImmediate(resolve));
      const targets = outbox.splice(0, BATCH);
      try {
        await sendBatch(targets);
      } catch (error) {
        log.error({ err: error }, "could not send runs; they wait for their link's next coming");
        for (const { job, position } of targets) if (job.states[position] === code.queued) release(job, position);
      }
    }
    sending = undefined;
  }

  async function sendBatch(targets: readonly Target[]): Promise<void> {
    const jobs = new Set(targets.map((target) => target.job));
    const secrets = new Map<ActiveJob, Secrets | undefined>();
    for (const job of jobs) if (job.hasSecrets) secrets.set(job, await needs.secrets(job));

    const going: { readonly target: Target; readonly link: Link }[] = [];
    const refused: Target[] = [];
    for (const target of targets) {
      const { job, position } = target;
      if (job.holds[position] !== INSIDE) continue;
      const link = wayFor(target);
      if (link !== undefined) {
        going.push({ target, link });
        continue;
      }
      if (isRefused(target)) {
        refused.push(target);
        continue;
      }
      release(job, position);
      conduct(job);
    }
    for (const job of jobs) {
      book.activateAll(
        job,
        [...going.map(({ target }) => target), ...refused]
          .filter((target) => target.job === job)
          .map(({ position }) => position),
      );
    }
    for (const { job, position } of refused)
      if (job.states[position] === code.queued)
        ledger.move(book.activate(job, position), "refused", {
          reason: needs.isForeign(job.hosts[position]!) ? NO_AGENT : REVOKED,
        });

    const batch: Dispatch[] = [];
    for (const { target, link } of going) {
      const { job, position } = target;
      // Those that could not go may have stopped the job.
      if (job.states[position] !== code.queued) continue;
      const run = book.activate(job, position);
      if (link.capabilities.has(job.capability)) {
        batch.push({ run, link, secrets: secrets.get(job) });
      } else {
        const message = `The agent of this host cannot do ${job.capability}: it may be too old.`;
        ledger.move(run, "refused", { reason: { code: "capability.unknown", message } });
      }
    }
    const now = clock.now();
    const gone = new Set(dispatch(batch, needs.sign, now));
    for (const sent of batch) {
      const { run, link } = sent;
      if (!gone.has(sent)) {
        ledger.move(run, "sent", { system: link.system, sentAt: now });
        continue;
      }
      const { job, position } = run;
      book.rest(run);
      release(job, position);
      conduct(job);
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

  /** What never reached an agent expires; what may have, and is out of reach, is given up for lost. */
  function expire(job: ActiveJob): void {
    const reason = { code: "run.deadline", message: "The job's deadline passed before the command could begin." };
    for (let position = 0; position < job.hosts.length; position += 1) {
      if (job.states[position] === code.queued) ledger.move(book.activate(job, position), "expired", { reason });
    }
    let limit: number | undefined;
    const timeLimitMs = () => (limit ??= timeLimitOf(job.request));
    for (const run of job.runs.values()) {
      const state = job.states[run.position]!;
      if (isFinalCode(state) || state === code.queued) continue;
      const link = links.of(needs.homeOf(run));
      // What was accepted goes on without a link, so its result may still come; but not for ever.
      if (!run.accepted) {
        if (link === undefined) ledger.move(run, "lost", { reason });
      } else if (link?.system !== run.system && away.tooLong(run.system, timeLimitMs)) {
        const message = "The host went away with this command and has not come back, and the job's deadline is over.";
        ledger.move(run, "lost", { reason: { code: "run.vanished", message } });
      }
    }
    watch(job);
  }

  function watch(job: ActiveJob): void {
    deadlines.get(job)?.[Symbol.dispose]();
    deadlines.delete(job);
    if (job.deadlineAt === undefined || job.finishedAt !== undefined || closed) return;
    // After the deadline it looks again now and then: who went out of reach since must not hold the job for ever.
    const left = job.deadlineAt - clock.now();
    const ms = left > 0 ? Math.min(left, MAX_TIMER_MS) : DEADLINE_AGAIN_MS;
    deadlines.set(
      job,
      clock.after(ms, () => (clock.now() < job.deadlineAt! ? watch(job) : expire(job))),
    );
  }

  function forget(job: ActiveJob): void {
    deadlines.get(job)?.[Symbol.dispose]();
    deadlines.delete(job);
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
      watch(job);
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
    async idle() {
      while (sending !== undefined) await sending;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      listening[Symbol.dispose]();
      for (const timer of deadlines.values()) timer[Symbol.dispose]();
      deadlines.clear();
      await sending;
    },
  };
}

const REVOKED = {
  code: "certificate.revoked",
  message:
    "The host's enrolment was revoked, so no agent of it comes. Once its agent is uninstalled there and joined anew, the job can be retried.",
} as const;
const NO_AGENT = {
  code: "host.no-agent",
  message:
    "This host speaks only the bolt wire, by which it tells its status and is relayed to. To run something on it, let our agent join from it: `atalaya token create`.",
} as const;
const DEADLINE_AGAIN_MS = 2_000;
/** Longer timers fire at once (setTimeout takes 31 bits). */
const MAX_TIMER_MS = 2_147_483_647;
