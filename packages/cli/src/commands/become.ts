/** Another program of ours in the foreground, as if it had been called itself. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/** Resolves with the status to end with. Signals reach it from the terminal or through us. */
export async function become(
  main: string,
  args: readonly string[],
  {
    env = process.env,
    nodeFlags = [],
  }: { readonly env?: NodeJS.ProcessEnv; readonly nodeFlags?: readonly string[] } = {},
): Promise<number> {
  const child = spawn(process.execPath, [...nodeFlags, main, ...args], { stdio: "inherit", env });
  // Ours would leave before the child has ended.
  process.removeAllListeners("SIGTERM");
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  // The terminal sends SIGINT to both; we only wait for the child to end in order.
  const wait = (): void => undefined;
  process.on("SIGINT", wait);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  try {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    return code ?? (signal === "SIGINT" ? 130 : 1);
  } finally {
    process.off("SIGINT", wait);
    process.off("SIGTERM", pass);
    process.off("SIGHUP", pass);
  }
}
