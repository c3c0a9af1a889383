/** How a job comes to be, new or as a retry: what is asked is read, admitted, committed once, and begun. */
import { AtalayaError, type Capability } from "@atalaya/protocol";
import { createHash, createHmac } from "node:crypto";
import type { Actor } from "../../api/actor.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Accounts } from "../accounts/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import type { Conductor } from "./conductor.ts";
import { checkConfirmed, checkSatisfiable, guards, zonesOf, type Rules } from "./guard.ts";
import { newJobId, type RunIds } from "./ids.ts";
import type { JobsStore, NewJobRow } from "./jobs.store.ts";
import type { Labs } from "./labs.ts";
import type { Loader } from "./loader.ts";
import type { Lookup } from "./lookup.ts";
import { checkFits, checkSecrets, readRequest, type NewJob, type RetryJob } from "./new-job.ts";
import type { GuardSettings, Policy } from "./policy.ts";
import { within } from "./reach.ts";
import type { Origin } from "./origin.ts";
import { planOf } from "./rollout.ts";
import { seal, type Secrets } from "./seal.ts";
import { viewsOfStored } from "./stored-views.ts";
import { code, STATES } from "./transitions.ts";
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

export interface MakerNeeds {
  readonly conductor: Pick<Conductor, "begin">;
  readonly loader: Pick<Loader, "open">;
  readonly store: JobsStore;
  readonly lookup: Pick<Lookup, "job">;
  readonly ids: RunIds;
  readonly fleet: Pick<Fleet, "resolve" | "byKey">;
  readonly labs: Labs;
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly accounts: Pick<Accounts, "accountFor">;
  readonly blobs: BlobClaims | undefined;
  readonly names: Pick<BlobNames, "shownAmong">;
  readonly guard: GuardSettings;
  readonly sealKey: Uint8Array;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** The blobs' room, as far as whoever makes jobs needs it. */
export interface BlobClaims {
  /** Keeps blobs long enough for a job to be made that names them; `by`: only those that this caller uploaded. Throws `blob.unknown`. */
  claim(digests: readonly string[], by: string | undefined): Promise<void>;
}

interface Target {
  readonly key: number;
  readonly id: string;
  readonly name: string;
}

export function makerOf(needs: MakerNeeds): Maker {
  const { conductor, loader, store, lookup, ids, fleet, labs, capabilities, bus, clock } = needs;
  const { viewByKey } = viewsOfStored(store);
  const places = (actor: Actor) => (actor.places === undefined ? {} : { places: actor.places });

  /** Throws when the policy can never be satisfied, or wants a confirmation. */
  async function admit(hosts: readonly DirectoryHost[], policy: Policy, confirm: number | undefined): Promise<void> {
    const rules: readonly Rules[] = [needs.guard, policy].filter(guards);
    if (rules.some((rule) => rule.labShare !== undefined)) await labs.count();
    checkSatisfiable(hosts.flatMap((host) => rules.flatMap((rule) => zonesOf(host, rule, labs.size))));
    checkConfirmed({ targets: hosts.length, threshold: needs.guard.confirmAbove, confirm });
  }

  /** The request as whom this actor runs as. Throws `job.account-forbidden`. */
  async function asRunner(
    name: string,
    request: unknown,
    actor: Actor,
    hosts: readonly DirectoryHost[],
  ): Promise<unknown> {
    const { runner } = capabilities.get(name) ?? {};
    if (runner === undefined) {
      if (actor.permissions.has("account.choose")) return request;
      throw new AtalayaError("job.account-forbidden", `${name} acts as the agent itself: it needs account.choose.`);
    }
    const { account, mapped } = await needs.accounts.accountFor(actor, runner.asked(request), hosts);
    if (account === undefined || (!mapped && account === runner.asked(request))) return request;
    return runner.given(request, account, mapped);
  }

  /** What the request names must be there, and the caller must be one who may read it: a job could print it. */
  async function claimBlobs(capability: string, request: unknown, actor: Actor): Promise<readonly string[]> {
    const named = capabilities.get(capability)?.blobs?.(request) ?? [];
    if (named.length === 0) return named;
    if (needs.blobs === undefined) throw new AtalayaError("blob.unknown", "This server keeps no blobs.");
    const shown = await needs.names.shownAmong(named, actor);
    await needs.blobs.claim(
      named.filter((sha256) => shown.has(sha256)),
      undefined,
    );
    await needs.blobs.claim(
      named.filter((sha256) => !shown.has(sha256)),
      actor.name,
    );
    return named;
  }

  function secretsOf(capability: string, request: unknown): readonly string[] {
    return capabilities.get(capability)?.secrets?.(request) ?? [];
  }

  async function commit(
    row: Omit<NewJobRow, "id" | "createdAt" | "digest" | "counts" | "sealedSecrets">,
    secrets: Secrets | undefined,
    id: string = newJobId(),
  ) {
    const createdAt = clock.now();
    const counts = Array.from({ length: STATES }, (_, state) => (state === code.queued ? row.targets.length : 0));
    const digest = createHash("sha256").update(row.request).digest("hex");
    const sealedSecrets = secrets === undefined ? undefined : seal(secrets, needs.sealKey, id);
    const created = await store.create({
      ...row,
      id,
      digest,
      createdAt,
      counts: JSON.stringify(counts),
      sealedSecrets,
    });
    if (created.kind === "known") return created;

    const policy = JSON.parse(row.policy) as Policy;
    const job = loader.open({
      hosts: Int32Array.from(row.targets, (target) => target.key),
      states: new Uint8Array(row.targets.length).fill(code.queued),
      job: {
        key: created.key,
        id,
        capability: row.capability,
        needs: capabilities.get(row.capability)?.needs,
        request: row.request,
        digest,
        createdBy: row.createdBy,
        createdAt,
        deadlineAt: row.deadlineAt,
        policy,
        plan: planOf(policy, row.targets.length),
        hasSecrets: secrets !== undefined,
        opened: 0,
        state: "running",
        stop: undefined,
        finishedAt: undefined,
      },
    });
    const { capability, createdBy: by, targets } = row;
    needs.log.info({ job: id, capability, targets: targets.length, by }, "a job was made");
    return {
      ...created,
      begin() {
        conductor.begin(job);
        bus.tell("jobs");
        bus.tell(`job:${created.key}`);
      },
    };
  }

  /** Begins it and answers. Read first: what hundreds of agents say in the same moment would stand before the answer. */
  async function begun(
    { key, begin }: { readonly key: number; begin(): void },
    targets: readonly Target[],
  ): Promise<CreatedJobView> {
    try {
      return await created(key, targets);
    } finally {
      begin();
    }
  }

  async function targetsOf({ selector }: NewJob, { hosts: given }: Making, actor: Actor) {
    const scope = { ...places(actor), usedBy: actor.name };
    if (given === undefined) return fleet.resolve(selector, scope);
    const { hosts } = await fleet.resolve("all", places(actor));
    const wanted = new Set(given);
    return { hosts: hosts.filter(({ id }) => wanted.has(id)), selector };
  }

  async function created(key: number, targets: readonly Target[]): Promise<CreatedJobView> {
    const runs = ids.encodeAll(
      key,
      targets.map((target) => target.key),
    );
    return {
      ...(await viewByKey(key)),
      runs: targets.map(({ id, name }, at) => ({ id: runs[at]!, host: { id, name } })),
    };
  }

  async function again(key: number): Promise<CreatedJobView> {
    const runs = await store.runs({ job: key, limit: Number.MAX_SAFE_INTEGER });
    return created(
      key,
      runs.map((run) => ({ key: run.host, id: run.host_id, name: run.host_name })),
    );
  }

  return {
    async create(job, actor, idempotencyKey, making = {}) {
      const wish = readRequest(capabilities.get(job.capability), job.capability, job.request);
      checkSecrets(secretsOf(job.capability, wish), job.secrets);
      const idempotency = idempotencyOf(idempotencyKey, job);
      const before = await madeBefore(idempotency, actor);
      if (before !== undefined) return before;
      const { hosts, selector } = await targetsOf(job, making, actor);
      if (hosts.length === 0) {
        throw new AtalayaError("selector.no-match", "No host matches this selector.", { details: { selector } });
      }
      const request = await asRunner(job.capability, wish, actor, hosts);
      checkFits(JSON.stringify(request), job.secrets);
      const policy = job.policy ?? {};
      await admit(hosts, policy, job.confirm);
      const blobs = await claimBlobs(job.capability, request, actor);
      const done = await commit(
        {
          capability: job.capability,
          request: JSON.stringify(request),
          selector,
          createdBy: actor.name,
          note: job.note,
          policy: JSON.stringify(policy),
          blobs,
          retryOf: undefined,
          origin: making.origin === undefined ? undefined : JSON.stringify(making.origin),
          deadlineAt: job.deadlineMs === undefined ? undefined : clock.now() + job.deadlineMs,
          targets: hosts,
          idempotency,
        },
        someOf(job.secrets),
        making.id,
      );
      return done.kind === "known" ? sameAgain(done, idempotency?.digest) : begun(done, hosts);
    },

    async retry(id, options, actor, idempotencyKey) {
      const stored = await lookup.job(id, actor);
      const idempotency = idempotencyOf(idempotencyKey, { retryOf: id, ...options });
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
      // Whoever asks again asks for themselves: somebody else's job may run as whom they may not.
      const request = await asRunner(stored.capability, JSON.parse(stored.request), actor, hosts);
      checkSecrets(secretsOf(stored.capability, request), options.secrets);
      checkFits(JSON.stringify(request), options.secrets);
      await admit(hosts, JSON.parse(stored.policy) as Policy, options.confirm);
      const blobs = await claimBlobs(stored.capability, request, actor);
      const done = await commit(
        {
          capability: stored.capability,
          request: JSON.stringify(request),
          selector: stored.selector,
          createdBy: actor.name,
          note: options.note ?? stored.note ?? undefined,
          policy: stored.policy,
          blobs,
          retryOf: stored.key,
          origin: stored.origin ?? undefined,
          deadlineAt: stored.deadline_at === null ? undefined : clock.now() + stored.deadline_at - stored.created_at,
          targets: hosts,
          idempotency,
        },
        someOf(options.secrets),
      );
      return done.kind === "known" ? sameAgain(done, idempotency?.digest) : begun(done, hosts);
    },
  };

  /** The digest is made under a key, because secrets are part of what must be the same. */
  function idempotencyOf(key: string | undefined, asked: unknown): NewJobRow["idempotency"] {
    if (key === undefined) return undefined;
    return { key, digest: createHmac("sha256", needs.sealKey).update(JSON.stringify(asked)).digest("hex") };
  }

  async function madeBefore(idempotency: NewJobRow["idempotency"], actor: Actor): Promise<CreatedJobView | undefined> {
    if (idempotency === undefined) return undefined;
    const known = await store.idempotent(actor.name, idempotency.key);
    return known === undefined ? undefined : sameAgain(known, idempotency.digest);
  }

  function sameAgain(
    known: { readonly job: number; readonly digest: string },
    asked: string | undefined,
  ): Promise<CreatedJobView> {
    if (known.digest === asked) return again(known.job);
    throw new AtalayaError("request.idempotency-mismatch", "This Idempotency-Key was used for another request.");
  }
}

const endedBadly = (["failed", "timed-out", "cancelled", "refused", "lost", "expired"] as const).map(
  (state) => code[state],
);

function someOf(secrets: Secrets | undefined): Secrets | undefined {
  return secrets === undefined || Object.keys(secrets).length === 0 ? undefined : secrets;
}
