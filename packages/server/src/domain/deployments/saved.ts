/** Deployments kept under a name. Their files stay as long as they do. */
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Clock } from "../../platform/clock.ts";
import { claimNamed, seesAll, type BlobClaims } from "../jobs/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import { DeploymentSpec } from "./new-deployment.ts";
import type { SavedStore } from "./saved.store.ts";
import type { SavedTable } from "./tables.store.ts";
import type { SavedView } from "./views.ts";

export interface SavedDeployments {
  /** One's own; with `job.read-all` everybody's. */
  list(actor: Actor): Promise<readonly SavedView[]>;
  /** `owner` absent: one's own. Throws `deployment.unknown`. */
  get(name: string, owner: string | undefined, actor: Actor): Promise<SavedView>;
  /**
   * What running it means. Throws `deployment.unknown`, and `job.account-forbidden` for another's that names no account:
   * whoever may choose accounts would run that person's commands as the agent.
   */
  toRun(name: string, owner: string | undefined, actor: Actor): Promise<DeploymentSpec>;
  /** Makes or changes one's own. Throws `blob.unknown` when its files are not there for this caller. */
  put(name: string, spec: DeploymentSpec, actor: Actor): Promise<SavedView>;
  remove(name: string, actor: Actor): Promise<void>;
}

export interface SavedNeeds {
  readonly store: SavedStore;
  readonly blobs: BlobClaims;
  readonly names: Pick<BlobNames, "shownAmong">;
  readonly clock: Clock;
}

export function savedDeployments({ store, blobs, names, clock }: SavedNeeds): SavedDeployments {
  async function get(name: string, owner: string | undefined, actor: Actor): Promise<SavedView> {
    const whose = owner ?? actor.name;
    const row = whose === actor.name || seesAll(actor) ? await store.get(whose, name) : undefined;
    if (row === undefined) throw unknown(name);
    return savedView(row);
  }

  return {
    async list(actor) {
      return (await store.list(seesAll(actor) ? undefined : actor.name)).map(savedView);
    },
    get,
    async toRun(name, owner, actor) {
      const { spec, owner: whose } = await get(name, owner, actor);
      if (spec.account === undefined && whose !== actor.name && actor.permissions.has("account.choose")) {
        throw new AtalayaError(
          "job.account-forbidden",
          `${name} was saved by ${whose} and names no account: run by you it would run as the agent itself.`,
          { next: "Save it as yours, with the account that it is for." },
        );
      }
      return spec;
    },
    async put(name, spec, actor) {
      const digests = [...new Set(spec.artifacts.map(({ sha256 }) => sha256))];
      await claimNamed({ blobs, names }, digests, actor);
      const row = {
        owner: actor.name,
        name,
        spec: JSON.stringify(spec),
        files: spec.artifacts.length,
        bytes: spec.artifacts.reduce((sum, { size }) => sum + size, 0),
        changed_at: clock.now(),
      };
      await store.put(row, digests);
      return savedView(row);
    },
    async remove(name, actor) {
      if (!(await store.remove(actor.name, name))) throw unknown(name);
    },
  };
}

function savedView({ name, owner, spec, files, bytes, changed_at }: SavedTable): SavedView {
  return { name, owner, spec: DeploymentSpec.parse(JSON.parse(spec)), files, bytes, changedAt: changed_at };
}

function unknown(name: string): AtalayaError {
  return new AtalayaError("deployment.unknown", `There is no saved deployment ${name}.`);
}
