import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boltCsr } from "@atalaya/testkit/bolt-peer";
import { systemClock } from "../../platform/clock.ts";
import { openRsaAuthority, type RsaAuthority } from "../../platform/pki/rsa-authority.ts";

/** One for a whole file: making its key takes longer than all the tests. */
export async function testRsaAuthority(): Promise<RsaAuthority & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-rsa-"));
  const authority = await openRsaAuthority(folder, { clock: systemClock, name: "bolt", names: ["127.0.0.1"] });
  return { ...authority, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

let key: string | undefined;

/** As the original makes it, but always with the same key unless told otherwise. */
export async function csrFor(commonName: string, wish: { bits?: number; extensions?: readonly string[] } = {}) {
  if (wish.bits !== undefined) return (await boltCsr({ commonName, ...wish })).csr;
  const made = await boltCsr({ commonName, ...wish, ...(key === undefined ? {} : { key }) });
  key ??= made.key;
  return made.csr;
}
