/**
 * Equal output of many hosts, shown once. Live: whoever has ended is shown at the next look, and hosts that come later
 * with the same output are only named.
 */
import { createHash } from "node:crypto";
import { compareNames } from "@atalaya/client";

/** Output above this is not kept for comparing: it counts as different from everything. */
export const MOST_KEPT_BYTES = 4 * 1024 * 1024;

/** How a host's run ended; equal within a group. */
export interface Ending {
  /** `succeeded`, `failed (2)`. */
  readonly outcome: string;
  readonly why?: string | undefined;
}

export interface FoldedGroup extends Ending {
  /** In natural order. */
  readonly hosts: readonly string[];
  readonly bytes: Uint8Array;
  /** More was printed than is kept here; the whole is in the run's output. */
  readonly cut: boolean;
}

export interface FoldedBlock extends FoldedGroup {
  /** Who was shown with this output before: the bytes need no second showing. */
  readonly sameAs: readonly string[] | undefined;
}

export interface Fold {
  add(host: string, bytes: Uint8Array): void;
  /** The host's run has ended. */
  end(host: string, ending: Ending): void;
  /** What has ended since the last look, in natural order of the hosts. */
  take(): readonly FoldedBlock[];
  /** All that has ended, the largest group first: the same whatever order the hosts came in. */
  all(): readonly FoldedGroup[];
  /** Some group was shown in more than one piece. */
  readonly split: boolean;
}

interface Growing {
  readonly parts: Uint8Array[];
  length: number;
  cut: boolean;
}

interface Group extends Ending {
  readonly bytes: Uint8Array;
  readonly cut: boolean;
  readonly pieces: (readonly string[])[];
  waiting: string[];
}

export function fold(): Fold {
  const growing = new Map<string, Growing>();
  const groups = new Map<string, Group>();
  const nothing = (): Growing => ({ parts: [], length: 0, cut: false });

  return {
    add(host, bytes) {
      const output = growing.get(host) ?? nothing();
      growing.set(host, output);
      const room = MOST_KEPT_BYTES - output.length;
      if (bytes.length > room) output.cut = true;
      const kept = bytes.subarray(0, room);
      if (kept.length > 0) output.parts.push(Uint8Array.from(kept));
      output.length += kept.length;
    },
    end(host, ending) {
      const output = growing.get(host) ?? nothing();
      growing.delete(host);
      const bytes = Buffer.concat(output.parts);
      const digest = createHash("sha256").update(bytes).digest("base64");
      const key = output.cut ? `alone ${host}` : `${digest} ${ending.outcome}: ${ending.why ?? ""}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { ...ending, bytes, cut: output.cut, pieces: [], waiting: [host] });
      else group.waiting.push(host);
    },
    take() {
      const blocks: FoldedBlock[] = [];
      for (const group of groups.values()) {
        if (group.waiting.length === 0) continue;
        const { pieces, waiting, ...rest } = group;
        const hosts = waiting.toSorted(compareNames);
        blocks.push({ ...rest, hosts, sameAs: pieces[0] });
        pieces.push(hosts);
        group.waiting = [];
      }
      return blocks.toSorted(byFirstHost);
    },
    all() {
      return [...groups.values()]
        .map(({ pieces, waiting, ...rest }) => ({
          ...rest,
          hosts: [...pieces.flat(), ...waiting].toSorted(compareNames),
        }))
        .toSorted((a, b) => b.hosts.length - a.hosts.length || byFirstHost(a, b));
    },
    get split() {
      return [...groups.values()].some(({ pieces }) => pieces.length > 1);
    },
  };
}

function byFirstHost(a: FoldedGroup, b: FoldedGroup): number {
  return compareNames(a.hosts[0]!, b.hosts[0]!);
}
