import { execFile as execFileCallback } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** The agent as one file. */
export interface Bundle {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Lower-case hex. */
  readonly sha256: string;
}

const execFile = promisify(execFileCallback);

/** The agent's program: its source in a work tree, or one file already where it is installed. */
export function agentProgram(): string {
  return fileURLToPath(import.meta.resolve("@atalaya/agent/main"));
}

/**
 * Bundles the agent for every Node from 20 on; takes some hundred milliseconds, so it is done at each start rather than
 * kept: a kept one would lag behind its sources. A program that is a bundle already is taken as it is.
 */
export async function bundleAgent(program: string): Promise<Bundle> {
  return withSha256(program.endsWith(".ts") ? await packed(program) : new Uint8Array(await readFile(program)));
}

/** By the agent's own builder, in a process of its own: what it takes to pack is gone with it, and what ships is what is measured. */
async function packed(program: string): Promise<Uint8Array<ArrayBuffer>> {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-agent-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const outfile = join(folder, "agent.mjs");
  await execFile(process.execPath, [fileURLToPath(import.meta.resolve("@atalaya/agent/build")), outfile, program]);
  return new Uint8Array(await readFile(outfile));
}

function withSha256(bytes: Uint8Array<ArrayBuffer>): Bundle {
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}
