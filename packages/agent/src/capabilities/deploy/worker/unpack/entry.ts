/** What an archive may hold, and how much. Pure. */
import { AtalayaError, linkLeadsTo, pathProblem } from "@atalaya/protocol";

export type ArchiveEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly open: () => Promise<AsyncIterable<Uint8Array>>;
    }
  | { readonly kind: "folder"; readonly path: string }
  /** Relative, and leads to somewhere in the same folder. */
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  /** The same bytes as an earlier file of the archive. */
  | { readonly kind: "copy"; readonly path: string; readonly of: string };

export interface ArchiveLimits {
  readonly entries: number;
  readonly bytes: number;
  /** Unpacked bytes for each packed one; only above `freely`. */
  readonly ratio: number;
  readonly freely: number;
}

export const defaultLimits: ArchiveLimits = {
  entries: 100_000,
  bytes: 64 * 1024 ** 3,
  ratio: 200,
  freely: 256 * 1024 ** 2,
};

/**
 * An archive's name as a path below the folder; undefined for the folder itself. A leading `./` and a trailing `/` are
 * how archives say things; everything else that is unusual is refused.
 */
export function entryPath(name: string): string | undefined {
  const path = name.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  if (path === "" && name !== "" && !name.startsWith("/")) return undefined;
  if (path === ".") return undefined;
  const problem = path.includes("\uFFFD") ? "is not UTF-8" : pathProblem(name.startsWith("/") ? name : path);
  if (problem !== undefined) throw unacceptable(`the archive's entry ${shown(name)} ${problem}`);
  return path;
}

export function linkTarget(path: string, target: string): string {
  if (linkLeadsTo(path, target) !== undefined && !target.includes("\uFFFD")) return target;
  throw unacceptable(`the archive's symbolic link ${shown(path)} leads out of the folder (${shown(target)})`);
}

/** Counts while an archive is read; throws when it is more than a deployment may be. */
export function meter(limits: ArchiveLimits, packedBytes: number) {
  let entries = 0;
  let bytes = 0;
  return {
    entry(): void {
      entries += 1;
      if (entries > limits.entries) throw unacceptable(`the archive has more than ${limits.entries} entries`);
    },
    bytes(more: number): void {
      bytes += more;
      if (bytes > limits.bytes) throw unacceptable(`the archive unpacks to more than ${limits.bytes} bytes`);
      if (bytes > limits.freely && bytes > packedBytes * limits.ratio)
        throw unacceptable(`the archive unpacks to more than ${limits.ratio} times its size`);
    },
  };
}

export function unacceptable(message: string, cause?: unknown): AtalayaError {
  return new AtalayaError("deploy.archive", message, cause === undefined ? {} : { cause });
}

function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
