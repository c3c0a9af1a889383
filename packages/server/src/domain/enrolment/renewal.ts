import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { CertificateStore } from "./certificates.store.ts";
import type { EntryStore } from "./entry.store.ts";
import type { Issuer } from "./issue.ts";
import type { StandingStore } from "./standing.store.ts";

/** Renews over a live link, with the same key or a new one; what is in use stays good until the new one connects. */
export function renewal(needs: {
  readonly entries: Pick<EntryStore, "byPublicKey">;
  readonly standings: Pick<StandingStore, "byId">;
  readonly certificates: Pick<CertificateStore, "usable">;
  readonly issue: Issuer;
  readonly pki: Pick<Pki, "readCsr">;
  readonly clock: Clock;
  readonly days: number;
}) {
  const { entries, standings, certificates, issue, pki, clock, days } = needs;
  return async (enrolment: string, csr: string): Promise<{ readonly certificate: string }> => {
    const { cn, publicKeySha256: publicKey } = await pki.readCsr(csr);
    const row = await standings.byId(enrolment);
    if (row?.state !== "accepted") throw new AtalayaError("enrolment.unknown", "this enrolment is not accepted");
    const owner = await entries.byPublicKey(publicKey);
    if ((cn !== undefined && cn !== row.id) || (owner !== undefined && owner.key !== row.key)) {
      throw new AtalayaError("enrolment.csr-mismatch", "the CSR belongs to somebody else");
    }
    // The answer to the last request may have been lost with its link.
    const until = clock.now() + (days * 86_400_000) / 2;
    const waiting = await certificates.usable(row.key, { publicKey, until, states: ["issued"] });
    const certificate = waiting ?? (await issue({ enrolment: row, csr, publicKey }));
    return { certificate };
  };
}
