import type { Actor } from "../../api/actor.ts";
import type { HostKey, SystemKey } from "../fleet/index.ts";

/** What this room must know of those who name blobs. */
export interface BlobNames {
  /** Those of these digests that something names. */
  named(digests: readonly string[]): Promise<ReadonlySet<string>>;
  /** Those of these digests that something this caller may see names. */
  shownAmong(digests: readonly string[], actor: Actor): Promise<ReadonlySet<string>>;
  /** Does this run name it, and is it one of this host, or sent to this system, that has not ended? */
  wantedBy(sha256: string, run: string, by: { readonly host: HostKey; readonly system: SystemKey }): Promise<boolean>;
}
