/** What the agent's bundle contains: a package that comes in by a side door shows in the difference. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildAgent } from "../packages/agent/build.ts";
import type { Generated } from "./gen.ts";

export async function generate(): Promise<readonly Generated[]> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-bundle-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  return [{ path: "packages/agent/bundle.txt", text: await buildAgent(join(folder, "agent.mjs")) }];
}
