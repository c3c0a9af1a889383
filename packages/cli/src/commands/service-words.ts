/** What the commands of `atalaya service` share. */
import type { Command } from "commander";
import { UsageError } from "../session.ts";
import type { TaskOptions } from "../task.ts";
import type { Context } from "./command.ts";

export interface ServiceOptions extends TaskOptions {
  readonly manager?: string;
  readonly lines?: string;
}

export const EXIT = "\nExit status as of `atalaya run`.\n";

export function named(command: Command): Command {
  return command.option(
    "--manager <name>",
    "systemd, or instance for the agent's own; without it systemd where it runs",
  );
}

export function managerOf({ manager }: ServiceOptions): { readonly manager?: string } {
  if (manager !== undefined && manager !== "systemd" && manager !== "instance")
    throw new UsageError(`--manager: ${manager} is neither systemd nor instance`);
  return manager === undefined ? {} : { manager };
}

export function groundOf(context: Context, command: Command) {
  const { json = false, ...server } = context.global(command);
  const { session } = context;
  return { ground: { client: session.client(server), session, json }, exit: (status: number) => context.exit(status) };
}
