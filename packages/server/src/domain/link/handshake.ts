/** From a hello to a welcome, or to a refusal with its code. */
import { LINK_VERSIONS, type Hello, type FailureCode } from "@atalaya/protocol";
import { inBatches } from "../../platform/batches.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { inTurns } from "../../platform/turns.ts";
import type { AdmittedEnrolment, Enrolments } from "../enrolment/index.ts";
import type { Fleet, HostKey } from "../fleet/index.ts";
import type { Connection } from "./connection.ts";
import type { Gate } from "./gate.ts";
import type { Listeners } from "./listeners.ts";
import { failureOf } from "./refusal.ts";
import type { Registry } from "./registry.ts";
import type { Revoked } from "./revoked.ts";
import type { StandingStore } from "./standing.store.ts";
import type { Hearing, Verdict } from "./standing.ts";

export interface HandshakeNeeds {
  readonly enrolments: Pick<Enrolments, "admit">;
  readonly fleet: Pick<Fleet, "byKey" | "hostOfSystem" | "hostOfEnrolment" | "factsDigest" | "quarantine">;
  readonly standings: StandingStore;
  readonly registry: Registry;
  readonly revoked: Revoked;
  readonly listeners: Listeners;
  readonly gate: Gate;
  readonly clock: Clock;
  readonly log: Log;
  readonly refuse: (connection: Connection, code: FailureCode, message: string, retryAfterMs?: number) => void;
  /** Ends the links that come through this waypoint, by its enrolment. */
  readonly cutBehind: (waypoint: string) => void;
  /** What every welcome says. */
  readonly server: {
    readonly name: string;
    readonly heartbeatMs: number;
    readonly ticketCertificate: string;
    servers(): readonly string[];
  };
  /** It has a place and was welcomed. */
  readonly welcomed: (connection: Connection, hello: Hello) => void;
}

export function handshaker(needs: HandshakeNeeds) {
  const { enrolments, fleet, standings, registry, revoked, listeners, gate, clock, log, refuse } = needs;
  const hear = inBatches<Hearing, Verdict>((hearings) => standings.hear(hearings), { restMs: 5 });
  /** Links of one host come one after the other, so that listeners never see two. */
  const inTurn = inTurns<HostKey>();
  const capabilitiesOf = shared();

  async function answer(connection: Connection, hello: Hello): Promise<void> {
    const version = LINK_VERSIONS.filter((ours) => hello.versions.includes(ours)).at(-1);
    if (version === undefined) {
      return refuse(connection, "link.version", `this server speaks version ${LINK_VERSIONS.join(", ")} of the link`);
    }
    if (!gate.enter()) {
      return refuse(connection, "link.overloaded", "too many agents at once", gate.retryAfterMs(hello.slot));
    }
    connection.stage = "admitting";
    try {
      await admit(connection, hello, version);
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code === "server.internal") log.error({ err: error }, "a link could not be set up");
      refuse(connection, failure.code, failure.message);
    } finally {
      gate.leave();
    }
  }

  async function admit(connection: Connection, hello: Hello, version: number): Promise<void> {
    const admitted = await enrolments.admit(connection.certificate!);
    if (connection.hasEnded()) return;
    connection.certificate = undefined;
    connection.enrolment = admitted.id;
    connection.system = admitted.system;
    connection.issue = admitted.issue;
    connection.notAfter = admitted.certificateNotAfter;
    connection.host = fleet.hostOfSystem(admitted.system) ?? admitted.host;
    connection.kind = hello.system.kind;
    connection.capabilities = capabilitiesOf(hello.capabilities);
    if (hello.via !== undefined) connection.via = hello.via;
    if (isKeptOut(connection)) return;
    const verdict = await hear(hearingOf(hello, admitted, clock.now()));
    if (verdict.kind === "cloned") return quarantine(connection, verdict.because);
    connection.epoch = verdict.epoch;
    await inTurn(connection.host, () => welcome(connection, hello, version));
  }

  function isKeptOut(connection: Connection): boolean {
    if (fleet.byKey(connection.host)?.state === "quarantined")
      refuse(connection, "link.quarantined", "this host is in quarantine until somebody lets it out");
    else if (connection.via.some(isBarred))
      refuse(connection, "waypoint.barred", "a waypoint on the way may not come in itself");
    return connection.hasEnded();
  }

  /** Of a waypoint: the agent is the one that says which carry it, and has looked at the certificate of the first. */
  function isBarred(waypoint: string): boolean {
    const state = fleet.hostOfEnrolment(waypoint)?.state;
    return state === undefined || state === "quarantined" || revoked.isRevoked(waypoint);
  }

  async function quarantine(connection: Connection, because: "hardware" | "nonces"): Promise<void> {
    const { host, enrolment, address } = connection;
    log.warn({ enrolment, address, because }, "two machines use one enrolment");
    await fleet.quarantine(host, "link.cloned");
    const sentence =
      because === "hardware"
        ? "this enrolment belongs to another machine"
        : "two machines take turns with this enrolment";
    const other = registry.of(host);
    if (other !== undefined) refuse(other, "link.quarantined", sentence);
    needs.cutBehind(enrolment);
    refuse(connection, "link.quarantined", sentence);
  }

  async function welcome(connection: Connection, hello: Hello, version: number): Promise<void> {
    if (connection.hasEnded()) return;
    if (!takePlace(connection)) return refuse(connection, "link.replaced", "a newer link of this agent is up");
    connection.announced = true;
    try {
      const resume = await listeners.resume(connection, hello.spool);
      // Revoked since it was looked up, by somebody who could not know of it.
      const late = revoked.since(connection);
      if (late !== undefined) refuse(connection, late, "this certificate is not good any more");
      if (connection.hasEnded() || isKeptOut(connection)) return;
      registry.add(connection);
      connection.stage = "up";
      const servers = needs.server.servers();
      const { name, heartbeatMs, ticketCertificate } = needs.server;
      connection.send({
        type: "welcome",
        version,
        server: name,
        enrolment: connection.enrolment,
        epoch: connection.epoch,
        heartbeatMs,
        now: clock.now(),
        ticketCertificate,
        resume,
        wantFacts: hello.factsDigest === undefined || hello.factsDigest !== fleet.factsDigest(connection.host),
        ...(servers.length === 0 ? {} : { servers: [...servers] }),
      });
      needs.welcomed(connection, hello);
      listeners.up(connection);
    } finally {
      // One that never came up was announced all the same.
      if (registry.of(connection.host) !== connection && connection.announced) {
        connection.announced = false;
        listeners.down(connection, connection.endReason ?? "closed");
      }
    }
  }

  /** The newer link wins, whichever of the host's systems it speaks for; false: this one is the older. */
  function takePlace(connection: Connection): boolean {
    const holder = registry.of(connection.host);
    if (holder === undefined) return true;
    if (holder.enrolment === connection.enrolment && holder.epoch > connection.epoch) return false;
    refuse(holder, "link.replaced", "a newer link of this machine is up");
    return true;
  }

  return answer;
}

function hearingOf(hello: Hello, admitted: AdmittedEnrolment, at: number): Hearing {
  return {
    system: admitted.system,
    fingerprint: hello.fingerprint,
    enrolledWith: admitted.fingerprint,
    agentEpoch: hello.epoch,
    nonce: hello.nonce,
    bootId: hello.bootId,
    at,
  };
}

/** Nearly all agents can do the same: one set serves them all. */
function shared(most = 256): (names: readonly string[]) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (names) => {
    const key = JSON.stringify(names);
    const set = known.get(key) ?? new Set(names);
    if (known.size < most) known.set(key, set);
    return set;
  };
}
