/** The same wish under the same Idempotency-Key makes one job; another wish under it is a mistake of the caller. */
import { AtalayaError } from "@atalaya/protocol";
import { createHmac } from "node:crypto";
import type { NewJobRow } from "./new-jobs.store.ts";

export type Idempotency = NonNullable<NewJobRow["idempotency"]>;

/** The digest is made under a key of the server's, because secrets are part of what must be the same. */
export function idempotencyOf(key: string | undefined, asked: unknown, under: Uint8Array): Idempotency | undefined {
  if (key === undefined) return undefined;
  return { key, digest: createHmac("sha256", under).update(JSON.stringify(asked)).digest("hex") };
}

/** Throws `request.idempotency-mismatch`. */
export function checkSame(known: { readonly digest: string }, asked: Idempotency | undefined): void {
  if (known.digest === asked?.digest) return;
  throw new AtalayaError("request.idempotency-mismatch", "This Idempotency-Key was used for another request.");
}
