import type { Writable } from "node:stream";
import type { DestinationStream } from "pino";
import { prettyLine } from "./pretty.ts";

export const logFormats = ["auto", "json", "pretty"] as const;
/** `auto` is `pretty` for a person at a terminal and `json` for everybody else. */
export type LogFormat = (typeof logFormats)[number];

/** Where a log's lines go, in the form asked for. `out` is written to synchronously enough for a process that ends. */
export function logDestination(
  out: Writable & { readonly isTTY?: boolean },
  format: LogFormat,
  options: { readonly color?: boolean } = {},
): DestinationStream {
  const person = format === "pretty" || (format === "auto" && out.isTTY === true);
  if (!person) return { write: (line) => void out.write(line) };
  const color = options.color ?? out.isTTY === true;
  return { write: (line) => void out.write(prettyLine(line, { color })) };
}
