import type { Tables } from "./engine.ts";

/** What every engine has of itself. */
export type EngineTables = Omit<Tables<unknown>, "writeOne" | "writeStamped">;

/** An engine at work, before anybody looked at its schema. */
export interface OpenedEngine extends AsyncDisposable {
  readonly tables: EngineTables;
  /** Where a change that asks nothing costs less than `write`. */
  readonly atOnce?: Pick<Tables<unknown>, "writeOne" | "writeStamped">;
  /** Copies the store and returns where; absent where backups are its operator's (PostgreSQL). */
  backUp?(schema: string, now: number): Promise<string>;
}
