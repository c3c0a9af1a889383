/** The audit room over a real store and real keys, and what reads its exports. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { AuditManifest, checkExport } from "@atalaya/protocol/audit";
import { X509Certificate } from "node:crypto";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import type { Store } from "../../platform/store/index.ts";
import { createAudit } from "./create.ts";
import { provenBy, sha256 } from "./signing.ts";

/** Keys take a while to make; chains of all tests of a file may have one signer. */
export async function openKeys(): Promise<Pki> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-audit-keys-"));
  const pki = await openPki(folder, { clock: systemClock, log: silentLog });
  return {
    ...pki,
    async [Symbol.asyncDispose]() {
      await pki[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A folder that one server after the other may open its room in. */
export async function auditFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-audit-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export function openAudit(
  store: Store,
  pki: Pki,
  { folder, writer = "srv_a", clock = systemClock, keepMs = 1e12 }: AuditOptions,
) {
  const bus = createLocalBus({ clock, log: silentLog });
  const { statements: signer, ca } = pki;
  return createAudit({ store, bus, clock, log: silentLog, writer, signer, ca, folder, keepMs });
}

export interface AuditOptions {
  readonly folder: string;
  readonly writer?: string;
  readonly clock?: Clock;
  readonly keepMs?: number;
}

/** As somebody does who has the file and the CA, and nothing else. */
export function readExport(text: string, pki: Pki) {
  const [first = "", ...lines] = text.trimEnd().split("\n");
  const manifest = AuditManifest.parse(JSON.parse(first));
  const isSigned = provenBy(new Map(Object.entries(manifest.signers)), new X509Certificate(pki.caPem));
  const check = checkExport(manifest, { sha256, isSigned });
  for (const line of lines) check.line(line);
  return check.end();
}
