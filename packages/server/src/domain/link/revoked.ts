import type { Clock } from "../../platform/clock.ts";
import type { RevocationListener } from "../enrolment/index.ts";
import type { Connection } from "./connection.ts";

type Code = Parameters<RevocationListener>[1];

/** What was revoked lately: a link that was being set up meanwhile was looked up before and is not known yet. */
export interface Revoked {
  note: RevocationListener;
  since(connection: Connection): Code | undefined;
  /** All its certificates, lately. */
  isRevoked(enrolment: string): boolean;
}

/** News may come late, and then be older than the link: it says nothing about certificates issued since. */
export function isOutdated({ issue }: Pick<Connection, "issue">, keep: number | undefined): boolean {
  return keep === undefined || issue < keep;
}

/** No link takes this long to be set up. */
const KEPT_MS = 300_000;

export function createRevoked(clock: Pick<Clock, "now">): Revoked {
  const lately = new Map<string, { readonly code: Code; readonly keep: number | undefined; readonly at: number }>();
  return {
    note(enrolment, code, keep) {
      const now = clock.now();
      lately.delete(enrolment);
      lately.set(enrolment, { code, keep, at: now });
      for (const [oldest, { at }] of lately) {
        if (at > now - KEPT_MS) break;
        lately.delete(oldest);
      }
    },
    isRevoked: (enrolment) => lately.get(enrolment)?.code === "certificate.revoked",
    since(connection) {
      const found = lately.get(connection.enrolment);
      return found !== undefined && isOutdated(connection, found.keep) ? found.code : undefined;
    },
  };
}
