/** Exit statuses: 0 every run succeeded, 1 some did not, 2 wrong usage, 3 not reached, 4 not allowed, 5 no host. */
import { ClientError, exitStatusOf } from "@atalaya/client";
import { CommanderError } from "commander";
import { UsageError } from "./session.ts";
import type { States } from "./ui/progress.ts";
import type { Terminal } from "./ui/terminal.ts";
import { printable } from "./ui/terminal.ts";

export function statusOf(states: States, targets: number): 0 | 1 {
  return states["succeeded"] === targets ? 0 : 1;
}

/** Tells the failure on `stderr` and returns the status to end with. */
export async function explain(cause: unknown, terminal: Terminal): Promise<number> {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
  const { red, dim } = terminal.paint;
  if (cause instanceof UsageError) {
    await terminal.err.write(`${red("error:")} ${cause.message}\n`);
    return 2;
  }
  if (cause instanceof ClientError) {
    await terminal.err.write(`${red("error:")} ${printable(cause.detail)} ${dim(`(${cause.code})`)}\n`);
    for (const line of detailLines(cause.details)) await terminal.err.write(`  ${line}\n`);
    if (cause.next !== undefined) await terminal.err.write(`${cause.next}\n`);
    return cause.code === "server.unreachable" || cause.code === "server.untrusted" ? 3 : exitStatusOf(cause.code);
  }
  await terminal.err.write(
    `${red("error:")} ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}\n`,
  );
  return 1;
}

/** What helps a person: the caret under a selector, the fields that are wrong. */
function detailLines(details: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  if (details === undefined) return [];
  const { caret, issues } = details;
  if (typeof caret === "string") return caret.split("\n");
  if (!Array.isArray(issues)) return [];
  return issues
    .slice(0, 20)
    .map((issue: { readonly path?: unknown; readonly message?: unknown }) =>
      printable(`${String(issue.path)}: ${String(issue.message)}`),
    );
}
