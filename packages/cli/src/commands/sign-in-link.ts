/** `atalaya sign-in-link`: into the console without an account. */
import type { Command } from "commander";
import { time } from "../option-values.ts";
import { findServer } from "../session.ts";
import { duration } from "../ui/time.ts";
import { examples, printJson, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  const link = program
    .command("sign-in-link")
    .summary("a link that signs in to the console, once")
    .description(
      "Prints a link that signs an administrator in to the console, once. For servers\nthat cannot check accounts of their machine, and for when nobody else can.",
    )
    .option("--expires <time>", "for how long (15m)")
    .addHelpText("after", examples("atalaya sign-in-link", "atalaya sign-in-link --expires 1h"));
  link.action(async (options: { readonly expires?: string }) => {
    const { session } = context;
    const global = context.global(link);
    const expiresInMs = time("--expires", options.expires);
    const { path, expiresAt } = await session.client(global).post("/api/v1/sign-in-links", {
      body: { role: "admin", ...(expiresInMs === undefined ? {} : { expiresInMs }) },
    });
    const url = `${findServer(global, session.env).url.replace(/\/+$/, "")}${path}`;
    if (global.json === true) return printJson(session, { url, expiresAt });
    await session.terminal.err.write(`It signs in once, within ${duration(expiresAt - session.now())}:\n`);
    await session.terminal.out.write(`${url}\n`);
  });
}
