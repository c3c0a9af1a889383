/** `atalaya server`: the server itself, as `npm start` runs it. */
import { fileURLToPath } from "node:url";
import { Argument, type Command } from "commander";
import type { components } from "@atalaya/client";
import type { GlobalOptions } from "../session.ts";
import { sheet } from "../ui/table.ts";
import { bytes, duration } from "../ui/time.ts";
import { become } from "./become.ts";
import { examples, printJson, type Context } from "./command.ts";

interface Options {
  readonly listen?: string;
  readonly localAgent: boolean;
  readonly daemon?: boolean;
}

export function register(program: Command, context: Context): void {
  const command = program
    .command("server")
    .summary("run the server on this machine")
    .description(
      "Runs the server until it is told to stop (Ctrl-C or SIGTERM), or in the background. status says whether one in the background runs, stop ends it in order. Settings: docs/reference/settings.md.",
    )
    .addArgument(new Argument("[word]", "about a server in the background").choices(["status", "stop"]))
    .option("--daemon", "leave the terminal when it is ready (ATALAYA_DAEMON)")
    .option("--listen <host:port>", "where to listen (ATALAYA_LISTEN)")
    .option("--no-local-agent", "run no agent on this machine (ATALAYA_LOCAL_AGENT=off)")
    .addHelpText(
      "after",
      examples(
        "atalaya server",
        "atalaya server --listen 0.0.0.0:8443",
        "atalaya server --data /var/lib/atalaya --no-local-agent",
        "atalaya server --daemon",
        "atalaya server status",
        "atalaya server stop",
      ),
    );
  command.action(async (word: string | undefined, { listen, localAgent, daemon }: Options) => {
    const { data } = context.global(command);
    const env = {
      ...process.env,
      ...(listen === undefined ? {} : { ATALAYA_LISTEN: listen }),
      ...(localAgent ? {} : { ATALAYA_LOCAL_AGENT: "off" }),
      ...(data === undefined ? {} : { ATALAYA_DATA: data }),
    };
    const words = word !== undefined ? [word] : daemon === true ? ["--daemon"] : [];
    const global = context.global(command);
    const main = fileURLToPath(import.meta.resolve("@atalaya/server/main"));
    if (word === "status" && global.json === true) return printJson(context.session, await infoOf(context, global));
    const exit = await become(main, words, { env, nodeFlags: await nodeFlags() });
    if (word === "status" && exit === 0) {
      const { out } = context.session.terminal;
      await out.write(infoSheet(await infoOf(context, global), context.session.now()));
    }
    context.exit(exit);
  });
}

/** Asked of whichever server would be started: nothing of it is loaded before. */
async function nodeFlags(): Promise<readonly string[]> {
  const found = (await import(import.meta.resolve("@atalaya/server/start"))) as {
    readonly serverStart: { readonly nodeFlags: readonly string[] };
  };
  return found.serverStart.nodeFlags;
}

type Info = components["schemas"]["ServerInfo"];

const infoOf = (context: Context, global: GlobalOptions): Promise<Info> =>
  context.session.client(global).get("/api/v1/server");

export function infoSheet({ version, engine, startedAt, links, jobs, dataBytes }: Info, now: number): string {
  return sheet([
    ["version", version],
    ["up", duration(now - startedAt)],
    ["store", engine === "postgres" ? "PostgreSQL" : "SQLite, in the data folder"],
    ["hosts", `${links} online`],
    ["jobs", `${jobs} under way`],
    ["data", bytes(dataBytes)],
  ]);
}
