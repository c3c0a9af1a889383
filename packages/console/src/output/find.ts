import { plainText } from "./ansi.ts";
import type { LogLine } from "./log-buffer.ts";

/** More hits than this nobody steps through. */
const MAX_FOUND = 10_000;

/** The numbers of the lines that contain a text, without regard to case. */
export function find(lines: readonly LogLine[], wanted: string): readonly number[] {
  if (wanted === "") return [];
  const needle = wanted.toLowerCase();
  const found: number[] = [];
  for (let at = 0; at < lines.length && found.length < MAX_FOUND; at++) {
    if (plainText(lines[at]!.text).toLowerCase().includes(needle)) found.push(at);
  }
  return found;
}
