/**
 * Words. A *member* has shown a certificate of the fleet, a *guest* has none (yet): it enrols. A *call* asks to be
 * carried. Pure: who may be carried, and whither.
 */
import { isHop, MAX_HOPS, readHops, WAYPOINT_TARGET, type FailureCode } from "@atalaya/protocol";

export interface Call {
  /** What `CONNECT` names. */
  readonly target: string | undefined;
  readonly via: string | undefined;
  /** The enrolment in its certificate; undefined: a guest. */
  readonly member: string | undefined;
}

export interface Standing {
  readonly enrolment: string;
  /** Our own link is up. */
  readonly hasLink: boolean;
  /** `host:port` of our own servers. */
  readonly servers: readonly string[];
  readonly guests: boolean;
  /** Carried now: in all, of this member, of guests, of guests from this address. */
  readonly carried: {
    readonly all: number;
    readonly member: number;
    readonly guests: number;
    readonly address: number;
  };
}

export const limits = { all: 4_096, member: 2_048, guests: 64, guestsOfAddress: 16 } as const;

export type Admission =
  | { readonly verdict: "carry"; /** Whom we carry, and ourselves. */ readonly hops: readonly string[] }
  | { readonly verdict: "refuse"; readonly code: FailureCode };

/** A target is only compared with our own servers: whoever is carried goes where our own link is, and nowhere else. */
export function admitCall({ target, via, member }: Call, standing: Standing): Admission {
  const { enrolment, hasLink, servers, guests, carried } = standing;
  const hops = readHops(via);
  if (hops === undefined || target === undefined || (member !== undefined && !isHop(member)))
    return refuse("waypoint.malformed");
  if (target !== WAYPOINT_TARGET && !servers.includes(target)) return refuse("waypoint.forbidden");
  if (member === undefined && !guests) return refuse("waypoint.forbidden");
  // The dialler itself is the first: as many waypoints may follow.
  if (hops.includes(enrolment) || hops.length > MAX_HOPS) return refuse("waypoint.loop");
  if (!hasLink) return refuse("waypoint.no-link");
  const isFull =
    carried.all >= limits.all ||
    (member === undefined
      ? carried.guests >= limits.guests || carried.address >= limits.guestsOfAddress
      : carried.member >= limits.member);
  return isFull ? refuse("waypoint.busy") : { verdict: "carry", hops: [...hops, enrolment] };
}

function refuse(code: FailureCode): Admission {
  return { verdict: "refuse", code };
}
