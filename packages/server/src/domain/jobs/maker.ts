/** How a job comes to be, new or as a retry: what is asked is read, admitted, committed once, and begun. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Fleet } from "../fleet/index.ts";
import { admission, type AdmissionNeeds } from "./admission.ts";
import { jobCommits, type CommitNeeds, type Draft } from "./commit.ts";
import { checkSame, idempotencyOf, type Idempotency } from "./idempotency.ts";
import type { RunIds } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { Lookup } from "./lookup.ts";
import { checkSecrets, readRequest, type NewJob, type RetryJob } from "./new-job.ts";
import type { Origin } from "./origin.ts";
import type { Policy } from "./policy.ts";
import { within } from "./reach.ts";
import { viewsOfCreated } from "./stored-views.ts";
import { code } from "./transitions.ts";
import type { CreatedJobView } from "./views.ts";

/** What a room that makes jobs for its own purposes may say beside what callers may. */
export interface Making {
  /** The id that the job will have. */
  readonly id?: string;
  /** Public ids of the hosts that the selector stands for here: whoever is gone is left out. */
  readonly hosts?: readonly string[];
  readonly origin?: Origin;
}

export interface Maker {
  /** Throws `selector.*`, `capability.unknown`, `request.*`, `blob.unknown`, `job.confirmation-needed`, `job.guarded`. */
  create(job: NewJob, actor: Actor, idempotencyKey?: string, making?: Making): Promise<CreatedJobView>;
  retry(job: string, options: RetryJob, actor: Actor, idempotencyKey?: string): Promise<CreatedJobView>;
}

export interface MakerNeeds extends AdmissionNeeds, CommitNeeds {
  readonly store: JobsStore;
  readonly lookup: Pick<Lookup, "job">;
  readonly ids: RunIds;
  readonly fleet: Pick<Fleet, "resolve" | "byKey">;
}

export function makerOf(needs: MakerNeeds): Maker {
  const { store, lookup, ids, fleet, capabilities, clock, sealKey } = needs;
  const admit = admission(needs);
  const commit = jobCommits(needs);
  const { created, again } = viewsOfCreated(store, ids);

  return {
    async create(job, actor, idempotencyKey, making = {}) {
      const wish = readRequest(capabilities.get(job.capability), job.capability, job.request);
      checkSecrets(secretsOf(job.capability, wish), job.secrets);
      const idempotency = idempotencyOf(idempotencyKey, job, sealKey);
      const before = await madeBefore(idempotency, actor);
      if (before !== undefined) return before;
      const { hosts, selector } = await targetsOf(job, making, actor);
      if (hosts.length === 0) {
        throw new AtalayaError("selector.no-match", "No host matches this selector.", { details: { selector } });
      }
      const { capability, secrets, policy = {}, confirm } = job;
      const admitted = await admit({ capability, request: wish, secrets, policy, confirm, hosts }, actor);
      return made({
        ...admitted,
        id: making.id,
        capability,
        secrets,
        selector,
        createdBy: actor.name,
        note: job.note,
        policy: JSON.stringify(policy),
        retryOf: undefined,
        origin: making.origin === undefined ? undefined : JSON.stringify(making.origin),
        deadlineAt: job.deadlineMs === undefined ? undefined : clock.now() + job.deadlineMs,
        targets: hosts,
        idempotency,
      });
    },

    async retry(id, options, actor, idempotencyKey) {
      const stored = await lookup.job(id, actor);
      const idempotency = idempotencyOf(idempotencyKey, { retryOf: id, ...options }, sealKey);
      const before = await madeBefore(idempotency, actor);
      if (before !== undefined) return before;
      const rows = await store.runsIn(stored.key, endedBadly);
      const hosts = rows
        .toSorted((a, b) => a.position - b.position)
        .flatMap((row) => fleet.byKey(row.host) ?? [])
        .filter((host) => within(host, actor.places));
      if (hosts.length === 0) {
        throw new AtalayaError(
          "job.nothing-to-retry",
          "No run of this job has ended without success on a host that is still known.",
        );
      }
      const { secrets, confirm, note } = options;
      const { capability } = stored;
      const request: unknown = JSON.parse(stored.request);
      const policy = JSON.parse(stored.policy) as Policy;
      checkSecrets(secretsOf(capability, request), secrets);
      // Whoever asks again asks for themselves: somebody else's job may run as whom they may not.
      const admitted = await admit({ capability, request, secrets, policy, confirm, hosts }, actor);
      return made({
        ...admitted,
        capability,
        secrets,
        selector: stored.selector,
        createdBy: actor.name,
        note: note ?? stored.note ?? undefined,
        policy: stored.policy,
        retryOf: stored.key,
        origin: stored.origin ?? undefined,
        deadlineAt: stored.deadline_at === null ? undefined : clock.now() + stored.deadline_at - stored.created_at,
        targets: hosts,
        idempotency,
      });
    },
  };

  async function targetsOf({ selector }: NewJob, { hosts: given }: Making, actor: Actor) {
    const reach = actor.places === undefined ? {} : { places: actor.places };
    if (given === undefined) return fleet.resolve(selector, { ...reach, usedBy: actor.name });
    const { hosts } = await fleet.resolve("all", reach);
    const wanted = new Set(given);
    return { hosts: hosts.filter(({ id }) => wanted.has(id)), selector };
  }

  function secretsOf(capability: string, request: unknown): readonly string[] {
    return capabilities.get(capability)?.secrets?.(request) ?? [];
  }

  async function madeBefore(idempotency: Idempotency | undefined, actor: Actor): Promise<CreatedJobView | undefined> {
    const known = idempotency === undefined ? undefined : await store.idempotent(actor.name, idempotency.key);
    if (known === undefined) return undefined;
    checkSame(known, idempotency);
    return again(known.job);
  }

  /** Answers before it begins: what hundreds of agents say in the same moment would stand before the answer. */
  async function made(draft: Draft): Promise<CreatedJobView> {
    const done = await commit(draft);
    if (done.kind === "known") {
      checkSame(done, draft.idempotency);
      return again(done.job);
    }
    try {
      return await created(done.key, draft.targets);
    } finally {
      done.begin();
    }
  }
}

const endedBadly = (["failed", "timed-out", "cancelled", "refused", "lost", "expired"] as const).map(
  (state) => code[state],
);
