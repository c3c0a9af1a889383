/** Secrets at rest, bound to the job they belong to. */
import { sealText, unsealText } from "../../platform/sealing.ts";

export type Secrets = Readonly<Record<string, string>>;

/** `context` must be told again to open: sealed bytes cannot be moved to another job. */
export function seal(secrets: Secrets, key: Uint8Array, context: string): Uint8Array {
  return sealText(JSON.stringify(secrets), key, context);
}

/** Throws when the bytes, the key or the context are not those of `seal`. */
export function unseal(sealed: Uint8Array, key: Uint8Array, context: string): Secrets {
  return JSON.parse(unsealText(sealed, key, context)) as Secrets;
}
