/** Who printed the same, as one: the way to read what 500 hosts answered. */
import type { FeedState } from "./feed.ts";
import type { LogLine } from "./log-buffer.ts";

export interface Fold {
  readonly digest: string;
  readonly hosts: readonly string[];
  /** As one of them printed it. */
  readonly lines: readonly LogLine[];
}

/** The most common output first. */
export function foldOutput({ log, runs }: Pick<FeedState, "log" | "runs">): readonly Fold[] {
  const byDigest = new Map<string, { first: number; hosts: string[] }>();
  for (const [run, { host }] of runs.entries()) {
    const digest = log.digestOf(run);
    const known = byDigest.get(digest);
    if (known === undefined) byDigest.set(digest, { first: run, hosts: [host.name] });
    else known.hosts.push(host.name);
  }
  const linesOf = new Map<number, LogLine[]>([...byDigest.values()].map(({ first }) => [first, []]));
  for (const line of log.lines) linesOf.get(line.run)?.push(line);
  return [...byDigest]
    .map(([digest, { first, hosts }]) => ({ digest, hosts, lines: linesOf.get(first) ?? [] }))
    .toSorted((a, b) => b.hosts.length - a.hosts.length);
}
