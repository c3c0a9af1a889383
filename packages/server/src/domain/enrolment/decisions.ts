/** What a person decides about an enrolment. */
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Fleet } from "../fleet/index.ts";
import type { Attacher } from "./attach.ts";
import type { ListedEnrolment, StandingStore } from "./standing.store.ts";
import type { EnrolmentState } from "./tables.store.ts";

export interface Decisions {
  /** Lets a waiting, or once rejected, machine in; it gets its certificate when it asks again. */
  accept(id: string, by: string): Promise<ListedEnrolment>;
  /** Turns a waiting machine away for good. */
  reject(id: string, by: string): Promise<ListedEnrolment>;
  /** Ends an accepted enrolment at once: its links, its certificates. Its host stays. */
  revoke(id: string, by: string): Promise<ListedEnrolment>;
}

export function decisions(needs: {
  readonly standings: StandingStore;
  readonly fleet: Pick<Fleet, "detach">;
  readonly attach: Attacher;
  readonly clock: Clock;
  readonly decided: () => Promise<void>;
}): Decisions {
  const { standings, fleet, attach, clock, decided } = needs;

  async function decide(
    id: string,
    from: readonly EnrolmentState[],
    to: Exclude<EnrolmentState, "pending">,
    by: string,
  ): Promise<ListedEnrolment> {
    const changed = await standings.decide({ id, from, to, by, now: clock.now() });
    const row = await standings.byId(id);
    if (row === undefined || (row.state === "pending" && row.expires_at! <= clock.now())) {
      throw new AtalayaError("enrolment.unknown", "there is no such enrolment");
    }
    // Deciding the same twice is no conflict: the first answer may have been lost.
    if (!changed && row.state !== to) {
      throw new AtalayaError("request.conflict", `this enrolment is ${row.state}`, {
        details: { state: row.state },
        ...(row.state === "accepted" ? { next: "Revoke it instead." } : {}),
      });
    }
    return row;
  }

  async function asItStands(id: string): Promise<ListedEnrolment> {
    return (await standings.byId(id))!;
  }

  return {
    async accept(id, by) {
      const row = await decide(id, ["pending", "rejected"], "accepted", by);
      await attach(row);
      await decided();
      return asItStands(id);
    },
    async reject(id, by) {
      const row = await decide(id, ["pending"], "rejected", by);
      await decided();
      return row;
    },
    async revoke(id, by) {
      const row = await decide(id, ["accepted"], "revoked", by);
      await decided();
      await fleet.detach(id);
      return row;
    },
  };
}
