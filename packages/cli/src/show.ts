/** Which view a job gets, by the options. */
import { foldHosts } from "@atalaya/client";
import type { Session } from "./session.ts";
import { foldView } from "./ui/fold-view.ts";
import type { JobSeen, View } from "./ui/job-seen.ts";
import { jsonView } from "./ui/json-view.ts";
import { prefixView, rawView } from "./ui/prefix-view.ts";
import { printable } from "./ui/terminal.ts";
import { widthOf } from "./ui/width.ts";

export interface ShowOptions {
  readonly fold?: boolean;
  readonly prefix?: boolean;
  readonly quiet?: boolean;
  /** What the progress line says beside the states. */
  readonly beside?: () => string;
}

const WIDEST_PREFIX = 24;

export function viewOf(
  { terminal, now }: Session,
  job: JobSeen,
  options: ShowOptions,
  json: boolean,
  names: readonly string[],
): View {
  if (json) return jsonView({ terminal });
  const needs = {
    terminal,
    now,
    targets: job.targets,
    quiet: options.quiet === true,
    foldNames: foldHosts,
    ...(options.beside === undefined ? {} : { beside: options.beside }),
  };
  if (options.fold === true) return foldView(needs);
  if (options.prefix === false) return names.length === 1 ? rawView(needs) : prefixView({ ...needs, width: undefined });
  const width = Math.min(WIDEST_PREFIX, Math.max(0, ...names.map((name) => widthOf(printable(name)))));
  return prefixView({ ...needs, width });
}
