import type { Actor } from "../../api/actor.ts";
import type { BlobNames } from "../blobs/index.ts";

/** The blobs' room, as far as whoever names blobs needs it. */
export interface BlobClaims {
  /** Keeps blobs long enough for something to be made that names them; `by`: only those that this caller uploaded. Throws `blob.unknown`. */
  claim(digests: readonly string[], by: string | undefined): Promise<void>;
}

/**
 * What is named must be there, and the caller must be one who may read it, shown to them or brought by them: a job could
 * print it. Throws `blob.unknown`.
 */
export async function claimNamed(
  { blobs, names }: { readonly blobs: BlobClaims; readonly names: Pick<BlobNames, "shownAmong"> },
  digests: readonly string[],
  actor: Actor,
): Promise<void> {
  const shown = await names.shownAmong(digests, actor);
  await blobs.claim(
    digests.filter((sha256) => shown.has(sha256)),
    undefined,
  );
  await blobs.claim(
    digests.filter((sha256) => !shown.has(sha256)),
    actor.name,
  );
}
