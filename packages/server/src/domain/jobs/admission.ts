/** What must hold before a job is made: as whom it runs, that it fits, that rules and people consent, that its blobs are there. */
import { AtalayaError, type Capability } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Accounts } from "../accounts/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import type { DirectoryHost } from "../fleet/index.ts";
import { claimNamed, type BlobClaims } from "./claims.ts";
import { checkConfirmed, checkSatisfiable, guards, zonesOf, type Rules } from "./guard.ts";
import type { Labs } from "./labs.ts";
import { checkFits } from "./new-job.ts";
import type { GuardSettings, Policy } from "./policy.ts";
import type { Secrets } from "./seal.ts";

export interface AdmissionNeeds {
  readonly labs: Labs;
  readonly capabilities: ReadonlyMap<string, Capability>;
  readonly accounts: Pick<Accounts, "accountFor">;
  readonly blobs: BlobClaims | undefined;
  readonly names: Pick<BlobNames, "shownAmong">;
  readonly guard: GuardSettings;
}

/** A job that is asked for, its hosts known. */
export interface Asked {
  readonly capability: string;
  readonly request: unknown;
  readonly secrets: Secrets | undefined;
  readonly policy: Policy;
  readonly confirm: number | undefined;
  readonly hosts: readonly DirectoryHost[];
}

/** As it is kept. */
export interface Admitted {
  /** JSON text, with the account that the actor runs as. */
  readonly request: string;
  /** The blobs it names, kept from now on. */
  readonly blobs: readonly string[];
}

/** Throws `job.account-forbidden`, `request.too-large`, `job.confirmation-needed`, `job.guarded`, `blob.unknown`. */
export type Admit = (asked: Asked, actor: Actor) => Promise<Admitted>;

export function admission({ labs, capabilities, accounts, blobs, names, guard }: AdmissionNeeds): Admit {
  return async (asked, actor) => {
    const given = await asRunner(asked, actor);
    const request = JSON.stringify(given);
    checkFits(request, asked.secrets);
    await checkRules(asked);
    return { request, blobs: await claimBlobs(asked.capability, given, actor) };
  };

  /** The request as whom this actor runs as. */
  async function asRunner({ capability, request, hosts }: Asked, actor: Actor): Promise<unknown> {
    const { runner } = capabilities.get(capability) ?? {};
    if (runner === undefined) {
      if (actor.permissions.has("account.choose")) return request;
      throw new AtalayaError(
        "job.account-forbidden",
        `${capability} acts as the agent itself: it needs account.choose.`,
      );
    }
    const { account, mapped } = await accounts.accountFor(actor, runner.asked(request), hosts);
    if (account === undefined || (!mapped && account === runner.asked(request))) return request;
    return runner.given(request, account, mapped);
  }

  /** The policy can be satisfied at some time, and is confirmed where it must be. */
  async function checkRules({ hosts, policy, confirm }: Asked): Promise<void> {
    const rules: readonly Rules[] = [guard, policy].filter(guards);
    if (rules.some((rule) => rule.labShare !== undefined)) await labs.count();
    checkSatisfiable(hosts.flatMap((host) => rules.flatMap((rule) => zonesOf(host, rule, labs.size))));
    checkConfirmed({ targets: hosts.length, threshold: guard.confirmAbove, confirm });
  }

  async function claimBlobs(capability: string, request: unknown, actor: Actor): Promise<readonly string[]> {
    const named = capabilities.get(capability)?.blobs?.(request) ?? [];
    if (named.length === 0) return named;
    if (blobs === undefined) throw new AtalayaError("blob.unknown", "This server keeps no blobs.");
    await claimNamed({ blobs, names }, named, actor);
    return named;
  }
}
