/** `atalaya session-key`: what signs the cookies of browsers. */
import type { Command } from "commander";
import { examples, type Context } from "./command.ts";

export function register(program: Command, context: Context): void {
  const key = program
    .command("session-key")
    .summary("sign browsers' cookies with a new key")
    .description(
      "Makes a new key for the cookies of browsers. Nobody notices, unless the older\nkeys are forgotten: then everybody signs in anew.",
    )
    .option("--forget", "void all cookies that were signed before")
    .addHelpText("after", examples("atalaya session-key", "atalaya session-key --forget"));
  key.action(async ({ forget = false }: { readonly forget?: boolean }) => {
    const { session } = context;
    await session.client(context.global(key)).post("/api/v1/session-key", { body: { forget } });
    await session.terminal.err.write(
      forget ? "A new key signs, the older ones are void: everybody signs in anew\n" : "A new key signs from now on\n",
    );
  });
}
