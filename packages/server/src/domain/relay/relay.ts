/** The door of relays: who may, by which road, how many, and until when. */
import type { Duplex } from "node:stream";
import { AtalayaError, RelayRequest } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { AuditDoor } from "../../api/audit.ts";
import { checkPermission } from "../../api/guard.ts";
import { isInReach } from "../../api/places.ts";
import type { EndedCredentials } from "../../api/watch-credentials.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { DirectoryHost, Fleet } from "../fleet/index.ts";
import type { Links, Streams } from "../link/index.ts";
import { agentRoad } from "./agent-road.ts";
import { relayMetrics } from "./metrics.ts";
import type { RelayTarget, Road, RoadAbout, RoadAnswer, RoadRequest } from "./road.ts";
import { createVisits } from "./visits.ts";

export type { RelayTarget } from "./road.ts";

export interface RelayNeeds {
  readonly links: Pick<Links, "of">;
  readonly streams: Pick<Streams, "open">;
  readonly fleet: Pick<Fleet, "host" | "resolve">;
  readonly audit: AuditDoor;
  readonly ended: EndedCredentials;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly settings?: Partial<RelaySettings>;
}

export interface RelaySettings {
  /** Relays of one actor that may be open at once. */
  readonly perActor: number;
  /** So long after its last relay a visit is over. */
  readonly lingerMs: number;
}

export interface RelayAsk {
  readonly actor: Actor;
  /** Where the caller is, for the audit log. */
  readonly address: string;
  /** Ends the relay, whenever it comes. */
  readonly signal?: AbortSignal;
}

export interface Relay extends Disposable {
  /** Relays that are open. */
  readonly size: number;
  /** By id, name, or what a gateway calls it, as far as the actor sees hosts: throws `host.unknown`. */
  host(name: string, actor: Actor): Promise<DirectoryHost>;
  /** Whether bytes can be relayed to it; false: HTTP exchanges only. Throws `host.offline`. */
  carriesBytes(host: DirectoryHost): boolean;
  /**
   * A connection to the target, as the host makes it; the permission is `relay.open`. Throws `identity.*`,
   * `host.offline`, `stream.*`, `relay.*`. Ends with the caller's session or token.
   */
  open(host: DirectoryHost, target: RelayTarget, ask: RelayAsk): Promise<Duplex>;
  /** One HTTP request, where the road carries nothing smaller. The same rules. */
  exchange(host: DirectoryHost, target: RelayTarget, request: RoadRequest, ask: RelayAsk): Promise<RoadAnswer>;
  /** For gateways, whose hosts have no link of ours. A link comes before all roads. */
  addRoad(road: Road): Disposable;
  roadTo(host: DirectoryHost): Road | undefined;
  /** Ends all and takes no more. Idempotent. */
  drain(): void;
}

const defaults: RelaySettings = { perActor: 2_048, lingerMs: 60_000 };

export function createRelay(needs: RelayNeeds): Relay {
  const settings = { ...defaults, ...needs.settings };
  const visits = createVisits({ ...needs, mostPerActor: settings.perActor, lingerMs: settings.lingerMs });
  const own = agentRoad(needs);
  const roads: Road[] = [];
  const metrics = relayMetrics(needs.metrics, () => visits.size);

  const roadTo = (host: DirectoryHost): Road | undefined => [own, ...roads].find((road) => road.reaches(host));

  function reached(host: DirectoryHost): Road {
    const road = roadTo(host);
    if (road === undefined) throw new AtalayaError("host.offline", `${host.name} is not connected to this server.`);
    return road;
  }

  /** Tells and counts it, and ends it with the visit. `begin` resolves with what ends when the relay does. */
  async function through<Opened>(
    host: DirectoryHost,
    target: RelayTarget,
    { actor, address, signal }: RelayAsk,
    begin: (road: Road, about: RoadAbout) => Promise<readonly [Opened, Duplex | RoadAnswer["body"]]>,
  ): Promise<Opened> {
    checkPermission("relay.open", actor);
    const road = reached(host);
    const checked = checkedTarget(target);
    const visit = await visits.begin({ actor, host, target: checked, address });
    const leave = visit.enter();
    const both = signal === undefined ? visit.signal : AbortSignal.any([visit.signal, signal]);
    try {
      both.throwIfAborted();
      const about = { user: actor.name, permissions: actor.permissions, signal: both };
      const [opened, lasting] = await begin(road, about);
      metrics.opened(road.kind);
      lasting.once("close", leave);
      if (lasting.closed) leave();
      return opened;
    } catch (error) {
      leave();
      const failure = failureOf(error);
      metrics.refused(failure.code);
      visits.refused(visit, failure);
      throw failure;
    }
  }

  return {
    get size() {
      return visits.size;
    },
    async host(name, actor) {
      const host = await needs.fleet.host(name).catch(async (error: unknown) => {
        const { hosts } = await needs.fleet.resolve("all");
        const guest = hosts.find(({ doors }) => doors.some((door) => door.name === name));
        if (guest === undefined) throw error;
        return guest;
      });
      const place = host.place.length === 0 ? undefined : host.place.join("/");
      if (!isInReach(actor, place)) throw new AtalayaError("host.unknown", `There is no host ${name}.`);
      return host;
    },
    carriesBytes: (host) => reached(host).open !== undefined,
    open: (host, target, ask) =>
      through(host, target, ask, async (road, about) => {
        if (road.open === undefined)
          throw new AtalayaError(
            "capability.unknown",
            `${host.name} is reached by ${road.kind}, which carries HTTP only.`,
          );
        const bytes = await road.open(host, target, about);
        const cut = (): void => void bytes.destroy(reasonOf(about.signal));
        if (about.signal.aborted) cut();
        about.signal.addEventListener("abort", cut, { once: true });
        // Nobody listening must not end the process; whoever reads it hears of it by its end.
        bytes.on("error", () => undefined).once("close", () => about.signal.removeEventListener("abort", cut));
        return [bytes, bytes];
      }),
    exchange: (host, target, request, ask) =>
      through(host, target, ask, async (road, about) => {
        if (road.exchange === undefined)
          throw new AtalayaError("capability.unknown", `${host.name} is reached by ${road.kind}, which carries bytes.`);
        const answer = await road.exchange(host, target, request, about);
        return [answer, answer.body];
      }),
    addRoad(road) {
      roads.push(road);
      return { [Symbol.dispose]: () => void roads.splice(roads.indexOf(road), 1) };
    },
    roadTo,
    drain: () => visits.drain(),
    [Symbol.dispose]: () => visits[Symbol.dispose](),
  };
}

function checkedTarget(target: RelayTarget): RelayTarget {
  const parsed = RelayRequest.safeParse(target);
  if (parsed.success) return target;
  const [issue] = parsed.error.issues;
  throw new AtalayaError("request.malformed", `The relay's ${issue?.path.join(".") || "target"}: ${issue?.message}.`);
}

function failureOf(error: unknown): AtalayaError {
  if (error instanceof AtalayaError) return error;
  return new AtalayaError("server.internal", "Something went wrong on the server.", { cause: error });
}

function reasonOf({ reason }: AbortSignal): AtalayaError {
  return reason instanceof AtalayaError ? reason : new AtalayaError("stream.broken", "The caller has left.");
}
