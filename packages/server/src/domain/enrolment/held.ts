/** Enrolments whose place nobody takes by showing their hardware: that of the server's own agent. */
import { AtalayaError, Fingerprint, type EnrolmentRequest } from "@atalaya/protocol";
import type { Fleet } from "../fleet/index.ts";
import type { StandingStore } from "./standing.store.ts";

export interface Held {
  hold(enrolment: string): Promise<void>;
  /** Throws `enrolment.local-agent`. */
  check(request: Pick<EnrolmentRequest, "fingerprint" | "system">): Promise<void>;
}

export function heldEnrolments({
  standings,
  fleet,
}: {
  readonly standings: Pick<StandingStore, "byId">;
  readonly fleet: Pick<Fleet, "foresee">;
}): Held {
  const held = new Map<string, Fingerprint>();
  return {
    async hold(enrolment) {
      const row = await standings.byId(enrolment);
      if (row !== undefined) held.set(enrolment, Fingerprint.parse(JSON.parse(row.fingerprint)));
    },
    async check({ fingerprint, system }) {
      // Hardly anybody is asked about: the fleet is not searched for each of thousands that come in.
      if (![...held.values()].some((own) => isAlike(own, fingerprint))) return;
      const [foreseen] = await fleet.foresee([{ enrolment: "", fingerprint, system }]);
      if (foreseen === undefined || !("replaces" in foreseen) || !held.has(foreseen.replaces ?? "")) return;
      throw new AtalayaError(
        "enrolment.local-agent",
        "This machine is the server's own and already runs its agent; nothing was changed.",
        { next: "Use that one, or start the server with ATALAYA_LOCAL_AGENT=off before you join another here." },
      );
    },
  };
}

function isAlike(one: Fingerprint, other: Fingerprint): boolean {
  const same = (a: string | undefined, b: string | undefined) =>
    a !== undefined && a.toLowerCase() === b?.toLowerCase();
  return (
    same(one.uuid, other.uuid) || same(one.serial, other.serial) || one.macs.some((mac) => other.macs.includes(mac))
  );
}
