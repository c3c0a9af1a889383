/** vitest's global set-up: one PostgreSQL for the whole run. */
import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres.testing.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The address of the cluster's database `postgres`. */
    readonly postgresUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startPostgres({ fsync: false });
  project.provide("postgresUrl", cluster.url("postgres"));
  return async () => cluster[Symbol.asyncDispose]();
}
