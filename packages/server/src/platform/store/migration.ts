import type { Kysely } from "kysely";

/** One step forward. Migrations never change once shipped, and there is no way back but the backup made before. */
export interface Migration {
  /** `0001-fleet`: the number orders, the name tells. Equals the file's name. */
  readonly name: string;
  /** Written for both engines with Kysely's schema builder; `engine` for what they do not say alike. */
  up(db: Kysely<unknown>, engine: "sqlite" | "postgres"): Promise<void>;
}
