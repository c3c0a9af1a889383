/** `atalaya server`: the server itself, as `npm start` runs it. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { become } from "./become.ts";
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
        "atalaya server --data /var/lib/atalaya --local-agent",
      ),
    );
  command.action(async ({ listen, localAgent }: { readonly listen?: string; readonly localAgent?: boolean }) => {
    const { data } = context.global(command);
    const env = {
      ...process.env,
      ...(listen === undefined ? {} : { ATALAYA_LISTEN: listen }),
      ...(localAgent === true ? { ATALAYA_LOCAL_AGENT: "true" } : {}),
      ...(data === undefined ? {} : { ATALAYA_DATA: data }),
    };
    context.exit(await become(fileURLToPath(import.meta.resolve("@atalaya/server/main")), [], env));
  });
}
