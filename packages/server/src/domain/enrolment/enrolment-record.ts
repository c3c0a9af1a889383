import { Fingerprint } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { decodeCursor, pageOfVisible, type Page } from "../../api/page.ts";
import { isInReach } from "../../api/places.ts";
import type { Clock } from "../../platform/clock.ts";
import type { DirectoryHost, Fleet, Foreseen } from "../fleet/index.ts";
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
  /** Of those that are not let in yet: what would become of them. */
  readonly foreseen?: ForeseenRecord;
  readonly certificate?: { readonly serial: string; readonly notAfter: number };
}

export interface ForeseenRecord {
  readonly verdict: Foreseen["verdict"];
  /** The known host it would join, or be proposed to be merged with. */
  readonly host?: { readonly id: string; readonly name: string };
  /** The enrolment that it would take the place of. */
  readonly replaces?: string;
  readonly reason?: string;
}

type Hosts = Pick<Fleet, "byKey" | "hostOfSystem" | "foresee">;
type Known = Pick<Fleet, "byKey" | "hostOfSystem">;

/** The host it speaks for now: another than at first once hosts were merged. */
export function hostOf(row: ListedEnrolment, fleet: Known): DirectoryHost | undefined {
  if (row.host === null || row.system === null) return undefined;
  return fleet.byKey(fleet.hostOfSystem(row.system) ?? row.host);
}

export async function enrolmentRecords(
  rows: readonly ListedEnrolment[],
  fleet: Hosts,
): Promise<readonly EnrolmentRecord[]> {
  const waiting = rows.filter(({ state }) => state === "pending" || state === "rejected");
  const foreseen = await fleet.foresee(waiting.map(candidateOf));
  return rows.map((row) => enrolmentRecord(row, fleet, foreseen[waiting.indexOf(row)]));
}

/** Without a token there is nobody whose reach could limit it: only who has none may let it in. */
function candidateOf(row: ListedEnrolment) {
  return {
    enrolment: row.id,
    fingerprint: Fingerprint.parse(JSON.parse(row.fingerprint)),
    system: { kind: row.system_kind, name: row.system_name },
  };
}

function foreseenRecord(foreseen: Foreseen, fleet: Known): ForeseenRecord {
  if (foreseen.verdict === "new-host") return { verdict: "new-host" };
  const host = fleet.byKey(foreseen.host);
  return {
    verdict: foreseen.verdict,
    ...(host === undefined ? {} : { host: { id: host.id, name: host.name } }),
    ...("replaces" in foreseen ? { replaces: foreseen.replaces } : {}),
    ...("reason" in foreseen ? { reason: foreseen.reason } : {}),
  };
}

function enrolmentRecord(row: ListedEnrolment, fleet: Known, foreseen: Foreseen | undefined): EnrolmentRecord {
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
    ...(foreseen === undefined ? {} : { foreseen: foreseenRecord(foreseen, fleet) }),
    ...(row.serial === null || row.notAfter === null
      ? {}
      : { certificate: { serial: row.serial, notAfter: row.notAfter } }),
  };
}

const Keys = z.tuple([z.int().min(0)]);

/** Where the host it speaks for stands; undefined: nowhere, or there is none yet. */
export function placeOf(row: ListedEnrolment, fleet: Known): string | undefined {
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
  const found = await pageOfVisible<ListedEnrolment, ListedEnrolment>(read, {
    limit: page.limit,
    isVisible: (row) => isInReach(by, placeOf(row, fleet)),
    item: (row) => row,
    keys: (row) => [row.key],
  });
  return { ...found, items: await enrolmentRecords(found.items, fleet) };
}
