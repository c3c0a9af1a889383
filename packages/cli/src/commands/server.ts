/** `atalaya server`: the server itself, as `npm start` runs it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { examples, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  const command = program
    .command("server")
    .summary("run the server on this machine")
    .description("Runs the server until it is told to stop (Ctrl-C or SIGTERM). Settings: docs/reference/settings.md.")
    .option("--listen <host:port>", "where to listen (ATALAYA_LISTEN)")
    .option("--local-agent", "enrol this machine as the first host")
    .addHelpText(
      "after",
      examples(
        "atalaya server",
        "atalaya server --listen 0.0.0.0:8443",
        "ATALAYA_DATA=/var/lib/atalaya atalaya server --local-agent",
      ),
    );
  command.action(async (options: { readonly listen?: string; readonly localAgent?: boolean }) => {
    const { data } = context.global(command);
    const env = {
      ...process.env,
      ...(options.listen === undefined ? {} : { ATALAYA_LISTEN: options.listen }),
      ...(options.localAgent === true ? { ATALAYA_LOCAL_AGENT: "true" } : {}),
      ...(data === undefined ? {} : { ATALAYA_DATA: data }),
    };
    context.exit(await become(fileURLToPath(import.meta.resolve("@atalaya/server/main")), [], env));
  });
}

/** Runs a program of ours in the foreground; signals reach it from the terminal or through us. */
export async function become(main: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [main, ...args], { stdio: "inherit", env });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  // The terminal sends SIGINT to both; we only wait for the child to end in order.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", pass);
  process.on("SIGHUP", pass);
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  process.off("SIGTERM", pass);
  process.off("SIGHUP", pass);
  return code ?? (signal === "SIGINT" ? 130 : 1);
}
