import type { Tables } from "./engine.ts";

/** An engine at work, before anybody looked at its schema. */
export interface OpenedEngine extends AsyncDisposable {
  readonly tables: Tables<unknown>;
  /** Copies the store and returns where; absent where backups are its operator's (PostgreSQL). */
  backUp?(schema: string, now: number): Promise<string>;
}
