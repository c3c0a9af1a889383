/** Certificates that connected lately, with their enrolments' standing: who comes back need not be looked up again. */
import { keepLatest } from "../../platform/latest.ts";
import type { Store, Tables } from "../../platform/store/index.ts";
import type { KnownCertificate } from "./certificates.store.ts";

export interface RememberedCertificates {
  /** By its digest, as `X509Certificate.fingerprint256` writes it. */
  bySha256(sha256: string): KnownCertificate | undefined;
  /** To be called before a reading: what it brings is remembered by the answer, unless something changed meanwhile. */
  reading(): (certificate: KnownCertificate) => void;
  /** All of it: what changes certificates is rare beside their coming back. */
  forget(): void;
}

/** Each takes about half a kilobyte. */
const MOST = 50_000;

export function rememberedCertificates(most = MOST): RememberedCertificates {
  const known = new Map<string, KnownCertificate>();
  let changes = 0;
  return {
    bySha256: (sha256) => known.get(sha256),
    reading() {
      const before = changes;
      return (certificate) => {
        if (before === changes) keepLatest(known, certificate.sha256, certificate, most);
      };
    },
    forget() {
      changes += 1;
      known.clear();
    },
  };
}

/** The same store; `changed` is called when a change has ended, however it ended, before its caller hears of that. */
export function watched(store: Store, changed: () => void): Store {
  const watching = <Schema>(tables: Tables<Schema>): Tables<Schema> => ({
    ...tables,
    write: <T>(change: Parameters<typeof tables.write<T>>[0]) => tables.write(change).finally(changed),
    writeOne: <Row>(statement: Parameters<typeof tables.writeOne<Row>>[0]) =>
      tables.writeOne(statement).finally(changed),
    writeStamped: (before, stamped) => tables.writeStamped(before, stamped).finally(changed),
  });
  return { ...store, tables: <Schema>() => watching(store.tables<Schema>()) };
}
