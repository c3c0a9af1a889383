/** Who relays where, told once in the audit log however many requests it takes; ended with the session or token. */
import { randomBytes } from "node:crypto";
import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import { credentialOf, type Actor } from "../../api/actor.ts";
import { watchCredentials, type EndedCredentials } from "../../api/watch-credentials.ts";
import type { AuditDoor, PendingChange } from "../../api/audit.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { DirectoryHost } from "../fleet/index.ts";
import type { RelayTarget } from "./road.ts";

export interface VisitsNeeds {
  readonly audit: AuditDoor;
  readonly ended: EndedCredentials;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly mostPerActor: number;
  /** So long after the last relay a visit is over. */
  readonly lingerMs: number;
}

/** One caller's way to one target. */
export interface Visit {
  readonly id: string;
  readonly actor: Actor;
  /** Aborted when the visit must end: its reason says why. */
  readonly signal: AbortSignal;
  /** Counts until it is called. */
  enter(): () => void;
}

export interface Visits extends Disposable {
  /** Relays that are open. */
  readonly size: number;
  /** Waits until its begin is in the audit log. Throws `stream.limit` and `audit.unavailable`. */
  begin(wish: VisitWish): Promise<Visit>;
  /** The first relay of it has failed: told once as well. */
  refused(visit: Visit, failure: AtalayaError): void;
  /** Ends all, and takes no more. */
  drain(): void;
}

export interface VisitWish {
  readonly actor: Actor;
  readonly host: DirectoryHost;
  readonly target: RelayTarget;
  readonly address: string;
}

interface Living extends Visit {
  readonly key: string;
  readonly over: AbortController;
  readonly beginning: Promise<void>;
  open: number;
  /** Relays so far. */
  count: number;
  linger: Disposable | undefined;
  /** The entry of its end, which waits with a mark; undefined until the first relay stands. */
  ending: Promise<PendingChange> | undefined;
  refusal: FailureCode | undefined;
}

export function createVisits(needs: VisitsNeeds): Visits {
  const { audit, clock, log, bus } = needs;
  const all = new Map<string, Living>();
  const perActor = new Map<string, number>();
  let size = 0;
  let draining = false;

  function made(key: string, { actor, host, target, address }: VisitWish): Living {
    const over = new AbortController();
    const id = `relay_${randomBytes(12).toString("base64url")}`;
    const about = {
      actor,
      targets: [`host:${host.name}`, host.id, id],
      address,
      details: { host: host.name, target: `${target.host ?? "localhost"}:${target.port}` },
    };
    const startedAt = clock.now();
    const living: Living = {
      key,
      id,
      actor,
      over,
      signal: over.signal,
      open: 0,
      count: 0,
      linger: undefined,
      ending: undefined,
      refusal: undefined,
      beginning: audit.record({ ...about, action: "relay.begin", outcome: "done" }),
      enter() {
        let left = false;
        living.linger?.[Symbol.dispose]();
        living.linger = undefined;
        living.open += 1;
        living.count += 1;
        size += 1;
        perActor.set(actor.name, (perActor.get(actor.name) ?? 0) + 1);
        // Its mark outlives us: also the end of a visit whose server was killed is told.
        living.ending ??= audit.begin({ ...about, action: "relay.end" });
        living.ending.catch(() => undefined);
        return () => {
          if (left) return;
          left = true;
          living.open -= 1;
          size -= 1;
          const others = (perActor.get(actor.name) ?? 1) - 1;
          if (others === 0) perActor.delete(actor.name);
          else perActor.set(actor.name, others);
          if (living.open === 0) rest(living);
        };
      },
    };
    over.signal.addEventListener("abort", () => forget(living), { once: true });
    living.beginning.catch(() => forget(living));

    function forget(one: Living): void {
      if (all.get(key) === one) all.delete(key);
      one.linger?.[Symbol.dispose]();
      const { ending } = one;
      one.ending = undefined;
      if (ending === undefined) return;
      const reason: unknown = over.signal.reason;
      const how =
        reason instanceof AtalayaError && reason !== rested
          ? ({ outcome: "failed", code: reason.code } as const)
          : ({ outcome: "done" } as const);
      ending
        .then((entry) => entry.end(how, { details: { relays: one.count, durationMs: clock.now() - startedAt } }))
        .catch((err: unknown) => log.error({ err }, "the end of a relay could not be told"));
    }
    return living;
  }

  function rest(one: Living): void {
    if (one.over.signal.aborted) return;
    one.linger = clock.after(needs.lingerMs, () => one.over.abort(rested));
  }

  const watching = watchCredentials({
    holders: () => all.values(),
    ended: needs.ended,
    end: ({ over }, { code, message }) => over.abort(new AtalayaError(code, message)),
    bus,
    clock,
    log,
  });

  function drain(): void {
    draining = true;
    for (const { over } of [...all.values()])
      over.abort(new AtalayaError("server.draining", "This server is stopping."));
  }

  return {
    get size() {
      return size;
    },
    async begin(wish) {
      const { actor, host, target } = wish;
      if (draining) throw new AtalayaError("server.draining", "This server is stopping.");
      if ((perActor.get(actor.name) ?? 0) >= needs.mostPerActor)
        throw new AtalayaError("stream.limit", `There are ${needs.mostPerActor} relays of ${actor.name} already.`);
      const key = JSON.stringify([actor.name, credentialOf(actor), host.id, target.host, target.port]);
      let living = all.get(key);
      if (living === undefined) {
        living = made(key, wish);
        all.set(key, living);
        // Unless a relay stands by then, it is over.
        rest(living);
      }
      await living.beginning;
      return living;
    },
    refused(visit, { code }) {
      const living = visit as Living;
      if (living.refusal === code || living.over.signal.aborted) return;
      living.refusal = code;
      const { actor, id } = living;
      audit
        .record({ actor, action: "relay.refused", targets: [id], outcome: "refused", code })
        .catch((err: unknown) => log.error({ err }, "a refused relay could not be told"));
    },
    drain,
    [Symbol.dispose]() {
      drain();
      watching[Symbol.dispose]();
    },
  };
}

/** Nobody came any more: no failure. */
const rested = new AtalayaError("stream.idle", "The relay was not used any more.");
