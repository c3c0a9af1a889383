/** The real agent as a process of a test. */
import { fileURLToPath } from "node:url";
import { ownProcess, type OwnedProcess, type ProcessOptions } from "./process.ts";

const MAIN = fileURLToPath(import.meta.resolve("@atalaya/agent/main"));

export interface AgentProcessOptions {
  /** The agent's data folder; the caller's to remove. */
  readonly data: string;
  /** `host:port`, comma-separated for several. */
  readonly servers: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly spawn?: (options: ProcessOptions) => OwnedProcess;
}

/** Enrols with a join token (as printed, pin and all); resolves when it is done. */
export async function joinAgent({
  data,
  servers,
  token,
  env,
  spawn = ownProcess,
}: AgentProcessOptions & { readonly token: string }): Promise<void> {
  await using child = spawn({
    program: process.execPath,
    args: [MAIN, "join", "--data", data, "--server", servers],
    env: { ...env, ATALAYA_JOIN_TOKEN: token },
  });
  const { code } = await child.ended();
  if (code !== 0) throw new Error(`joining failed with ${code}\n${child.printed}`);
}

/** Starts the enrolled agent. */
export function startAgent({ data, servers, env, spawn = ownProcess }: AgentProcessOptions): OwnedProcess {
  return spawn({
    program: process.execPath,
    args: [MAIN, "run", "--data", data],
    env: { ...env, ATALAYA_AGENT_SERVERS: servers },
  });
}
