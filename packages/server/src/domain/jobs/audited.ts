import { z } from "zod";
import type { NewJob } from "./new-job.ts";

/** As much of a command as an entry of the audit log holds. */
const MOST = 1_000;

/** The parts of any capability's request that tell what is done, and as whom. */
const Told = z.object({
  account: z.string().optional().catch(undefined),
  command: z
    .union([
      z.object({ kind: z.literal("program"), program: z.string(), args: z.array(z.string()).default([]) }),
      z.object({ kind: z.literal("shell"), script: z.string() }),
    ])
    .optional()
    .catch(undefined),
});

/**
 * What the audit log says of a job: the command, but neither environment nor input, which is where secrets belong. A
 * secret's value that somebody wrote into the command as well is blotted out.
 */
export function auditOf({ selector, capability, request, secrets = {} }: NewJob): Readonly<Record<string, unknown>> {
  const { account, command } = Told.safeParse(request).data ?? {};
  const text = command === undefined ? undefined : blotted(lineOf(command), Object.values(secrets));
  return { selector, capability, account, command: text === undefined ? undefined : cut(text) };
}

function lineOf(command: NonNullable<z.output<typeof Told>["command"]>): string {
  return command.kind === "shell" ? command.script : [command.program, ...command.args].map(quoted).join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function blotted(text: string, values: readonly string[]): string {
  // Longest first: one value may be the beginning of another.
  const known = values.filter((value) => value.length > 0).toSorted((a, b) => b.length - a.length);
  return known.reduce((rest, value) => rest.replaceAll(value, "***"), text);
}

function cut(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST)}…`;
}
