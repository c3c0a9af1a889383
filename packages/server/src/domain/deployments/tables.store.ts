import type { Generated, Selectable } from "kysely";

export interface DeploymentTable {
  readonly key: Generated<number>;
  readonly id: string;
  /** The job's public id. */
  readonly job: string;
  readonly name: string | null;
  readonly spec: string;
  readonly files: number;
  readonly bytes: number;
  readonly rollback_of: string | null;
  readonly created_by: string;
  readonly created_at: number;
}
export type StoredDeployment = Selectable<DeploymentTable>;

export interface SavedTable {
  readonly owner: string;
  readonly name: string;
  readonly spec: string;
  readonly files: number;
  readonly bytes: number;
  readonly changed_at: number;
}

export interface SavedBlobTable {
  readonly sha256: string;
  readonly owner: string;
  readonly name: string;
}

export interface DeploymentsTables {
  readonly deployments_deployment: DeploymentTable;
  readonly deployments_saved: SavedTable;
  readonly deployments_saved_blob: SavedBlobTable;
}
