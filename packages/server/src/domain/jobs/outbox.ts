/** Starts on their way to hosts, batch by batch: secrets are opened, tickets signed, and who cannot go is told or let go. */
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { HostKey } from "../fleet/index.ts";
import type { Link } from "../link/index.ts";
import type { ActiveJob, Book } from "./book.ts";
import { BATCH, dispatch, type Dispatch, type SignTickets } from "./dispatch.ts";
import type { Ledger } from "./ledger.ts";
import type { Secrets } from "./seal.ts";
import { code } from "./transitions.ts";

/** A host of a job, by its place among the job's targets. */
export interface Target {
  readonly job: ActiveJob;
  readonly position: number;
}

export interface OutboxNeeds {
  readonly book: Book;
  readonly ledger: Ledger;
  /** No agent of ours was ever there. */
  isForeign(host: HostKey): boolean;
  secrets(job: ActiveJob): Promise<Secrets | undefined>;
  readonly sign: SignTickets;
  readonly clock: Clock;
  readonly log: Log;
  /** It is still to go, as when it was put here. */
  isWanted(target: Target): boolean;
  /** The link by which it may go now. */
  wayFor(target: Target): Link | undefined;
  /** No agent will come to it. */
  isRefused(target: Target): boolean;
  /** It does not go: its wave and its zones are free of it. */
  release(job: ActiveJob, position: number): void;
  /** Others of the job may go in its place. */
  conduct(job: ActiveJob): void;
}

export interface Outbox extends AsyncDisposable {
  put(target: Target): void;
  /** Resolves when all that may go has gone out. */
  idle(): Promise<void>;
}

export function createOutbox(needs: OutboxNeeds): Outbox {
  const { book, ledger, clock, log, isWanted, wayFor, isRefused, release, conduct } = needs;
  const waiting: Target[] = [];
  let sending: Promise<void> | undefined;
  let closed = false;

  async function send(): Promise<void> {
    while (waiting.length > 0 && !closed) {
      // Results are taken between batches, so that ten thousand starts delay nobody for long.
      await new Promise((resolve) => setImmediate(resolve));
      const targets = waiting.splice(0, BATCH);
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
      if (!isWanted(target)) continue;
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

  return {
    put(target) {
      waiting.push(target);
      sending ??= send();
    },
    async idle() {
      while (sending !== undefined) await sending;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      await sending;
    },
  };
}

/** Why a run of a host whose every enrolment was revoked never began. */
export const REVOKED = {
  code: "certificate.revoked",
  message:
    "The host's enrolment was revoked, so no agent of it comes. Once its agent is uninstalled there and joined anew, the job can be retried.",
} as const;
const NO_AGENT = {
  code: "host.no-agent",
  message:
    "This host speaks only the bolt wire, by which it tells its status and is relayed to. To run something on it, let our agent join from it: `atalaya token create`.",
} as const;
