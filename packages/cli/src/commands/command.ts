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

export type Register = (program: Command, context: Context) => void;

/** `--help` ends with examples everywhere. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n`;
}
