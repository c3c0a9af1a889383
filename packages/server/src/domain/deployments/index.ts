/**
 * Words. A *deployment* places *artifacts* (files, archives to unpack) in a folder of an account on a set of hosts, and
 * runs commands around it: a job of the capability `deploy`, and what it was for. A *rollback* is a deployment that puts
 * back what another replaced. A *saved* deployment waits under a name to be run, and keeps its files meanwhile.
 */
import type { Clock } from "../../platform/clock.ts";
import type { Store } from "../../platform/store/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import type { BlobClaims, Jobs } from "../jobs/index.ts";
import { createDeployments, type Deployments } from "./deployments.ts";
import { deploymentStore } from "./deployments.store.ts";
import { savedDeployments, type SavedDeployments } from "./saved.ts";
import { savedStore } from "./saved.store.ts";

export { deploymentRoutes } from "./deployments.routes.ts";
export { savedBlobNames } from "./saved.store.ts";

export interface DeploymentsRoomNeeds {
  readonly store: Store;
  readonly jobs: Jobs;
  readonly blobs: BlobClaims;
  /** Of jobs and saved deployments together. */
  readonly names: Pick<BlobNames, "shownAmong">;
  readonly key: Uint8Array;
  readonly clock: Clock;
}

export interface DeploymentsRoom {
  readonly deployments: Deployments;
  readonly saved: SavedDeployments;
}

export function createDeploymentsRoom({
  store,
  jobs,
  blobs,
  names,
  key,
  clock,
}: DeploymentsRoomNeeds): DeploymentsRoom {
  return {
    deployments: createDeployments({ store: deploymentStore(store), jobs, clock, key }),
    saved: savedDeployments({ store: savedStore(store), blobs, names, clock }),
  };
}
