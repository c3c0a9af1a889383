/** Which view a job gets, by the options. */
import { foldHosts } from "@atalaya/client";
import type { Session } from "./session.ts";
import { foldView, jsonView, prefixView, type JobSeen, type View } from "./ui/views.ts";

export interface ShowOptions {
  readonly fold?: boolean;
  readonly prefix?: boolean;
  readonly quiet?: boolean;
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
  const needs = { terminal, now, targets: job.targets, quiet: options.quiet === true };
  if (options.fold === true) return foldView({ ...needs, foldNames: (hosts) => foldHosts(hosts) });
  const width = Math.min(WIDEST_PREFIX, Math.max(0, ...names.map((name) => name.length)));
  return prefixView({ ...needs, prefix: options.prefix !== false, width });
}
