import { Fingerprint } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import { isInReach } from "../../api/places.ts";
import type { Clock } from "../../platform/clock.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import type { ListedEnrolment, StandingStore } from "./standing.store.ts";
import type { EnrolmentState } from "./tables.store.ts";

/** An enrolment as people see it. */
export interface EnrolmentRecord {
  readonly id: string;
  readonly state: EnrolmentState;
  readonly hostname: string;
  readonly address: string;
  readonly agentVersion: string;
  readonly system: { readonly kind: "live" | "os"; readonly name: string };
  readonly fingerprint: Fingerprint;
  /** base64url SHA-256 of its public key, to compare with what the machine shows. */
  readonly publicKey: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly decidedAt?: number;
  readonly decidedBy?: string;
  readonly joinToken?: string;
  readonly host?: { readonly id: string; readonly name: string };
  readonly certificate?: { readonly serial: string; readonly notAfter: number };
}

type Hosts = Pick<Fleet, "byKey" | "hostOfSystem">;

/** The host it speaks for now: another than at first once hosts were merged. */
export function hostOf(row: ListedEnrolment, fleet: Hosts): DirectoryHost | undefined {
  if (row.host === null || row.system === null) return undefined;
  return fleet.byKey(fleet.hostOfSystem(row.system) ?? row.host);
}

export function enrolmentRecord(row: ListedEnrolment, fleet: Hosts): EnrolmentRecord {
  const host = hostOf(row, fleet);
  return {
    id: row.id,
    state: row.state,
    hostname: row.hostname,
    address: row.address,
    agentVersion: row.agent_version,
    system: { kind: row.system_kind, name: row.system_name },
    fingerprint: Fingerprint.parse(JSON.parse(row.fingerprint)),
    publicKey: row.public_key,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.decided_at === null ? {} : { decidedAt: row.decided_at }),
    ...(row.decided_by === null ? {} : { decidedBy: row.decided_by }),
    ...(row.joinTokenId === null ? {} : { joinToken: row.joinTokenId }),
    ...(host === undefined ? {} : { host: { id: host.id, name: host.name } }),
    ...(row.serial === null || row.notAfter === null
      ? {}
      : { certificate: { serial: row.serial, notAfter: row.notAfter } }),
  };
}

const Keys = z.tuple([z.int().min(0)]);

/** Where the host it speaks for stands; undefined: nowhere, or there is none yet. */
export function placeOf(row: ListedEnrolment, fleet: Hosts): string | undefined {
  const place = hostOf(row, fleet)?.place ?? [];
  return place.length === 0 ? undefined : place.join("/");
}

/** Newest first; to who is limited to places, those of hosts that stand there. */
export async function listEnrolments(
  { standings, fleet, clock }: { readonly standings: StandingStore; readonly fleet: Hosts; readonly clock: Clock },
  page: {
    readonly state?: EnrolmentState | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
  by: Actor,
): Promise<Page<EnrolmentRecord>> {
  const from = page.cursor === undefined ? undefined : decodeCursor(Keys, page.cursor)[0];
  const read = (after: ListedEnrolment | undefined, count: number) => {
    const before = after?.key ?? from;
    return standings.list({
      limit: count,
      now: clock.now(),
      ...(page.state === undefined ? {} : { state: page.state }),
      ...(before === undefined ? {} : { before }),
    });
  };
  return pageOfVisible<ListedEnrolment, EnrolmentRecord>(read, {
    limit: page.limit,
    isVisible: (row) => isInReach(by, placeOf(row, fleet)),
    item: (row) => enrolmentRecord(row, fleet),
    keys: (row) => [row.key],
  });
}
