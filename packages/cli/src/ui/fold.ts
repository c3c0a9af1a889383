/**
 * Equal output of many hosts, shown once. Live: whoever has finished is shown at the next look, and hosts that come
 * later with the same output are only named.
 */
import { createHash } from "node:crypto";

/** Output above this is not kept for comparing: it counts as different from everything. */
const KEPT_BYTES = 4 * 1024 * 1024;

export interface FoldedBlock {
  readonly hosts: readonly string[];
  /** `undefined`: the same as was shown before for `sameAs`. */
  readonly bytes: Uint8Array | undefined;
  readonly sameAs: readonly string[];
  /** How their runs ended, equal within a block: `succeeded`, `failed (2)`. */
  readonly outcome: string;
  /** More was printed than is kept here; the whole is in the run's output. */
  readonly cut: boolean;
}

export interface Fold {
  add(host: string, bytes: Uint8Array): void;
  /** The host's run has ended. */
  end(host: string, outcome: string): void;
  /** What has ended since the last look. */
  take(): readonly FoldedBlock[];
  /** Different outputs seen so far. */
  readonly groups: number;
}

interface Group {
  readonly bytes: Uint8Array;
  readonly outcome: string;
  readonly cut: boolean;
  readonly shown: string[];
  waiting: string[];
}

export function fold(): Fold {
  const growing = new Map<string, { parts: Uint8Array[]; length: number; cut: boolean }>();
  const groups = new Map<string, Group>();

  return {
    add(host, bytes) {
      const output = growing.get(host) ?? { parts: [], length: 0, cut: false };
      growing.set(host, output);
      if (output.length + bytes.length > KEPT_BYTES) output.cut = true;
      else {
        output.parts.push(Uint8Array.from(bytes));
        output.length += bytes.length;
      }
    },
    end(host, outcome) {
      const output = growing.get(host) ?? { parts: [], length: 0, cut: false };
      growing.delete(host);
      const bytes = Buffer.concat(output.parts);
      const same = createHash("sha256").update(bytes).digest("base64");
      const key = output.cut ? `alone ${host}` : `${outcome} ${same}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { bytes, outcome, cut: output.cut, shown: [], waiting: [host] });
      else group.waiting.push(host);
    },
    take() {
      const blocks: FoldedBlock[] = [];
      for (const group of groups.values()) {
        if (group.waiting.length === 0) continue;
        const { outcome, cut, shown, waiting } = group;
        blocks.push({
          hosts: waiting,
          bytes: shown.length === 0 ? group.bytes : undefined,
          sameAs: [...shown],
          outcome,
          cut,
        });
        shown.push(...waiting);
        group.waiting = [];
      }
      return blocks;
    },
    get groups() {
      return groups.size;
    },
  };
}
