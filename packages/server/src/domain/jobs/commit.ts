/** A new job is committed once, opened in memory, and may then begin. */
import type { Capability } from "@atalaya/protocol";
import { createHash } from "node:crypto";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Conductor } from "./conductor.ts";
import { newJobId } from "./ids.ts";
import type { JobsStore } from "./jobs.store.ts";
import type { NewJobRow } from "./new-jobs.store.ts";
import type { Loader } from "./loader.ts";
import type { Policy } from "./policy.ts";
import { planOf } from "./rollout.ts";
import { seal, type Secrets } from "./seal.ts";
import { code, STATES } from "./transitions.ts";

export interface CommitNeeds {
  readonly conductor: Pick<Conductor, "begin">;
  readonly loader: Pick<Loader, "open">;
  readonly store: Pick<JobsStore, "create">;
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly sealKey: Uint8Array;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

/** A job as it is decided, before it has an id and a time. */
export interface Draft extends Omit<NewJobRow, "id" | "createdAt" | "digest" | "counts" | "sealedSecrets"> {
  readonly secrets: Secrets | undefined;
  /** Where somebody chose it. */
  readonly id?: string | undefined;
}

export type Committed =
  | {
      readonly kind: "created";
      readonly key: number;
      /** Nothing is sent before. */
      begin(): void;
    }
  /** The same caller used this Idempotency-Key before. */
  | { readonly kind: "known"; readonly job: number; readonly digest: string };

export function jobCommits(needs: CommitNeeds): (draft: Draft) => Promise<Committed> {
  const { conductor, loader, store, capabilities, sealKey, bus, clock, log } = needs;
  return async ({ secrets: given, id = newJobId(), ...row }) => {
    const secrets = given === undefined || Object.keys(given).length === 0 ? undefined : given;
    const createdAt = clock.now();
    const counts = Array.from({ length: STATES }, (_, state) => (state === code.queued ? row.targets.length : 0));
    const digest = createHash("sha256").update(row.request).digest("hex");
    const created = await store.create({
      ...row,
      id,
      digest,
      createdAt,
      counts: JSON.stringify(counts),
      sealedSecrets: secrets === undefined ? undefined : seal(secrets, sealKey, id),
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
    log.info({ job: id, capability, targets: targets.length, by }, "a job was made");
    return {
      kind: "created",
      key: created.key,
      begin() {
        conductor.begin(job);
        bus.tell("jobs");
        bus.tell(`job:${created.key}`);
      },
    };
  };
}
