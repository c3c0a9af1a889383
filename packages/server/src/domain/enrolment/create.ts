import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { Page } from "../../api/page.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Pki } from "../../platform/pki/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Fleet } from "../fleet/index.ts";
import { admission } from "./admission.ts";
import { attacher } from "./attach.ts";
import { certificateStore } from "./certificates.store.ts";
import { decisions, type Decisions } from "./decisions.ts";
import { enroller } from "./enrol.ts";
import { enrolmentRecords, listEnrolments, placeOf, type EnrolmentRecord } from "./enrolment-record.ts";
import type { Enrolments } from "./enrolments.ts";
import { entryStore } from "./entry.store.ts";
import { heldEnrolments } from "./held.ts";
import { issuer } from "./issue.ts";
import { joinTokens, type JoinTokens } from "./join-tokens.ts";
import { joinTokenStore } from "./join-tokens.store.ts";
import { rememberedCertificates, watched } from "./remembered.ts";
import { renewal } from "./renewal.ts";
import { revocations } from "./revocations.ts";
import { enrolmentDefaults, type EnrolmentSettings } from "./settings.ts";
import { mayDecideIn } from "./scope.ts";
import { standingStore } from "./standing.store.ts";
import type { EnrolmentState } from "./tables.store.ts";

export interface EnrolmentNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly pki: Pki;
  readonly fleet: Pick<Fleet, "attach" | "foresee" | "detach" | "byKey" | "hostOfSystem" | "onGone">;
  readonly settings?: Partial<EnrolmentSettings>;
  /** `host:port` that agents should dial, in order; empty: they keep what they dialled. */
  readonly servers?: () => readonly string[];
}

/** The room as the plane holds it. */
export interface EnrolmentRoom extends Disposable {
  readonly enrolments: Enrolments;
  readonly joinTokens: JoinTokens;
  /** From now on nobody takes this enrolment's place by showing its hardware: it is the server's own agent. */
  hold(enrolment: string): Promise<void>;
  /** For the routes. */
  readonly desk: Desk;
}

/** Where people see and decide enrolments. */
export interface Desk {
  /** Those that `by` may see. */
  list(
    page: {
      readonly state?: EnrolmentState | undefined;
      readonly limit: number;
      readonly cursor?: string | undefined;
    },
    by: Actor,
  ): Promise<Page<EnrolmentRecord>>;
  /** Throws `enrolment.unknown`, `request.conflict`, `identity.forbidden`. */
  decide(what: keyof Decisions, id: string, by: Actor): Promise<EnrolmentRecord>;
}

export function createEnrolment(needs: EnrolmentNeeds): EnrolmentRoom {
  const { store, bus, clock, log, pki, fleet } = needs;
  const settings = { ...enrolmentDefaults, ...needs.settings };
  const remembered = rememberedCertificates();
  const changing = watched(store, remembered.forget);
  const entries = entryStore(changing);
  const certificates = certificateStore(changing);
  const standings = standingStore(changing);
  const tokens = joinTokenStore(store);

  const issue = issuer({ certificates, pki, clock, days: settings.certificateDays });
  const watch = revocations({ standings, bus, clock, log });
  // What another server has changed, as it is heard here.
  const elsewhere = watch.on(remembered.forget);
  const changed = (): void => bus.tell("enrolment");
  const attach = attacher({
    fleet,
    entries,
    tokens,
    clock,
    replaced(enrolments) {
      log.info({ enrolments }, "systems were enrolled anew: what they were enrolled as before is revoked");
      changed();
    },
  });
  const held = heldEnrolments({ standings, fleet });
  const enrol = enroller({
    entries,
    held,
    certificates,
    pki,
    fleet,
    attach,
    issue,
    clock,
    settings,
    servers: needs.servers ?? (() => []),
    entered: changed,
  });
  const decide = decisions({
    standings,
    fleet,
    attach,
    clock,
    async decided() {
      changed();
      // The one who revokes is told when it holds here.
      await watch.look();
    },
  });

  // A forgotten host's systems do not come back by themselves; a merged one's do, and find their other host.
  const gone = fleet.onGone(({ into, enrolments }) => {
    if (into !== undefined) return;
    for (const id of enrolments) {
      decide.revoke(id, "forgotten-host").catch((err: unknown) => {
        if (!(err instanceof AtalayaError))
          log.error({ err, enrolment: id }, "cannot revoke a forgotten host's enrolment");
      });
    }
  });

  return {
    enrolments: {
      enrol,
      ...admission({ certificates, remembered, pki, clock, watching: watch.begin, activated: changed }),
      renew: renewal({ entries, standings, certificates, issue, pki, clock, days: settings.certificateDays }),
      onRevoked: (listener) => watch.on(listener),
    },
    hold: (enrolment) => held.hold(enrolment),
    joinTokens: joinTokens({ tokens, clock, caPin: pki.caPin }),
    desk: {
      list: (page, by) => listEnrolments({ standings, fleet, clock }, page, by),
      async decide(what, id, by) {
        const row = await standings.byId(id);
        if (row !== undefined) mayDecideIn(by, placeOf(row, fleet));
        return (await enrolmentRecords([await decide[what](id, by.name)], fleet))[0]!;
      },
    },
    [Symbol.dispose]() {
      gone[Symbol.dispose]();
      elsewhere[Symbol.dispose]();
      watch[Symbol.dispose]();
    },
  };
}
