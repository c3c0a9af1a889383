/** What a command's file exports: how it is called, and what it does. */
import type { Command } from "commander";
import type { GlobalOptions, Session } from "../session.ts";

export interface Context {
  readonly session: Session;
  /** Options given before or after the command's name. */
  global(command: Command): GlobalOptions;
  /** The process ends with this status when the command is done. */
  exit(status: number): void;
}

/** `--help` ends with examples everywhere. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}

/** For an option that may be given again and again. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** What `--json` prints where there is one answer. */
export function printJson({ terminal }: Session, answer: unknown): Promise<void> {
  return terminal.out.write(`${JSON.stringify(answer, null, 2)}\n`);
}
