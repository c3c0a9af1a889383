import { randomInt } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { LINK_PROTOCOL, MAX_CONTROL_FRAME_BYTES, type FailureCode, type Hello } from "@atalaya/protocol";
import { WebSocketServer } from "ws";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Enrolments } from "../enrolment/index.ts";
import type { Fleet } from "../fleet/index.ts";
import { createCare } from "./care.ts";
import { Connection, LinkSocket, type ConnectionOwner, type EndReason } from "./connection.ts";
import { dispatcher } from "./dispatch.ts";
import { drainPlan } from "./drain-plan.ts";
import { createGate } from "./gate.ts";
import { handshaker } from "./handshake.ts";
import type { Link, Links } from "./links.ts";
import { createListeners } from "./listeners.ts";
import { linkMetrics } from "./metrics.ts";
import { createNews } from "./news.ts";
import { refused } from "./refusal.ts";
import { createRegistry } from "./registry.ts";
import { createRevoked, isOutdated } from "./revoked.ts";
import { linkDefaults, type LinkSettings } from "./settings.ts";
import { standingStore } from "./standing.store.ts";
import { answerUnfit, unfit, type LinkPeer } from "./upgrade.ts";

export interface LinkNeeds {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly enrolments: Pick<Enrolments, "admit" | "renew" | "onRevoked">;
  readonly fleet: Pick<
    Fleet,
    | "byKey"
    | "hostOfSystem"
    | "hostOfEnrolment"
    | "factsDigest"
    | "quarantine"
    | "learn"
    | "linkUp"
    | "linkDown"
    | "onGone"
  >;
  /** This server's name, as agents and history show it. */
  readonly server: string;
  /** PEM of the certificate of the key that signs tickets. */
  readonly ticketCertificate: string;
  /** `host:port` of all servers, in order; empty: agents keep the list they have. */
  readonly servers?: () => readonly string[];
  readonly settings?: Partial<LinkSettings>;
  readonly metrics?: Metrics;
  /** Between 0 and 1; for jitter. */
  readonly random?: () => number;
}

/** The room as the plane holds it. Disposing cuts what is left. */
export interface LinkRoom extends Disposable {
  readonly links: Links;
  /** The enrolment's link at this server, if it has one. */
  ofEnrolment(enrolment: string): Link | undefined;
  /** Takes over the socket. Hand it only what asks for an upgrade at the path of the link. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: LinkPeer): void;
  /** Sends all agents away, each with a time to come back, and lets none in. Idempotent. */
  drain(): Promise<void>;
}

/** Frames a little over the limit are refused with a code, larger ones cost the link. */
const OVERSIZE_BYTES = 65_536;
const CLOSE_WITHIN_MS = 5_000;
const DRAINED_AT_ONCE = 500;
const LOTS = 2 ** 32;

export function createLinks(needs: LinkNeeds): LinkRoom {
  const { clock, log, enrolments, fleet, random = lot } = needs;
  const settings = { ...linkDefaults, ...needs.settings };
  const registry = createRegistry();
  const listeners = createListeners(log);
  const revoked = createRevoked(clock);
  const gate = createGate({ most: settings.hellosAtOnce, clock, random });
  const metrics = linkMetrics(needs.metrics, registry);
  /** All sockets that are not closed yet, whatever their stage. */
  const open = new Set<Connection>();
  const news = createNews({ fleet, clock, log });
  let strangers = 0;
  let draining: Promise<void> | undefined;

  const care = createCare({ clock, settings, random, refuse });
  const frames = dispatcher({
    enrolments,
    fleet,
    listeners,
    clock,
    log,
    malformedPerMinute: settings.malformedPerMinute,
    random,
    hello(connection, hello) {
      if (draining !== undefined) return refuse(connection, "server.draining", "this server is stopping");
      connection.hello = true;
      strangers -= 1;
      void answer(connection, hello);
    },
  });
  const answer = handshaker({
    enrolments,
    fleet,
    standings: standingStore(needs.store),
    registry,
    revoked,
    listeners,
    gate,
    clock,
    log,
    refuse,
    cutBehind,
    server: {
      name: needs.server,
      heartbeatMs: settings.heartbeatMs,
      ticketCertificate: needs.ticketCertificate,
      servers: needs.servers ?? (() => []),
    },
    welcomed,
  });

  const owner: ConnectionOwner = {
    writableBytes: settings.writableBytes,
    cutBytes: settings.cutBytes,
    now: clock.now,
    text: frames.text,
    binary: frames.binary,
    ended,
    closed: (connection) => void open.delete(connection),
  };
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_CONTROL_FRAME_BYTES + OVERSIZE_BYTES,
    // JSON is parsed anyway; an invalid byte becomes a replacement character and not the end of the link.
    skipUTF8Validation: true,
    WebSocket: LinkSocket,
    handleProtocols: () => LINK_PROTOCOL,
    closeTimeout: CLOSE_WITHIN_MS,
  } as ConstructorParameters<typeof WebSocketServer<typeof LinkSocket>>[0]);

  const heard = [
    enrolments.onRevoked((enrolment, code, keep) => {
      revoked.note(enrolment, code, keep);
      const link = registry.ofEnrolment(enrolment);
      if (link !== undefined && isOutdated(link, keep)) refuse(link, code, "this certificate is not good any more");
      if (keep === undefined) cutBehind(enrolment);
    }),
    fleet.onGone(({ enrolments: gone }) => {
      // Those of a merged host come back and find the other one; those of a forgotten host are revoked meanwhile.
      for (const enrolment of gone) {
        const link = registry.ofEnrolment(enrolment);
        if (link !== undefined) refuse(link, "link.replaced", "this machine is another host now");
      }
    }),
  ];

  function opened(socket: LinkSocket, tcp: Duplex, { address, certificate }: LinkPeer): void {
    const helloBy = clock.now() + settings.helloWithinMs;
    const connection = new Connection(owner, socket, tcp, { address, certificate: certificate!, helloBy });
    open.add(connection);
    strangers += 1;
    if (strangers > settings.strangersAtOnce) {
      gate.turnAway();
      return refuse(connection, "link.overloaded", "too many agents at once", gate.retryAfterMs());
    }
    care.put(connection);
  }

  function refuse(connection: Connection, code: FailureCode, message: string, retryAfterMs?: number): void {
    if (connection.hasEnded()) return;
    const frame = refused(code, message, random());
    log.debug({ enrolment: connection.enrolment, address: connection.address, code }, "refused a link");
    connection.end(code, retryAfterMs === undefined ? frame : { ...frame, retryAfterMs });
  }

  /** Links that come through a waypoint which nobody trusts any more: its agents find another way, if they have one. */
  function cutBehind(waypoint: string): void {
    for (const link of registry.all()) {
      if (link.via.includes(waypoint))
        refuse(link, "waypoint.barred", "a waypoint on the way may not come in any more");
    }
  }

  function welcomed(connection: Connection, hello: Hello): void {
    const now = clock.now();
    connection.heardAt = now;
    connection.pingAt = now + settings.heartbeatMs * random();
    connection.dueAt = Math.min(connection.pingAt, connection.notAfter);
    care.put(connection);
    const { system, host, enrolment, address, epoch } = connection;
    const { agentVersion, bootId, nonce, fingerprint, capabilities, via } = hello;
    const link = { system, host, enrolment, address, epoch, agentVersion, bootId, nonce, fingerprint, capabilities };
    news.up({ ...link, ...(via === undefined || via.length === 0 ? {} : { via }), at: now }, () =>
      refuse(connection, "store.unavailable", "the server could not note this link"),
    );
  }

  function ended(connection: Connection, reason: EndReason): void {
    care.take(connection);
    metrics.ended(connection, reason);
    if (!connection.hello) strangers -= 1;
    if (!registry.remove(connection)) return;
    connection.announced = false;
    const { system, host, epoch } = connection;
    news.down({ system, host, epoch, reason, at: clock.now() });
    listeners.down(connection, reason);
  }

  async function drain(): Promise<void> {
    const links = registry.all();
    const servers = needs.servers?.() ?? [];
    const plan = drainPlan(links.length, settings.returnsPerSecond);
    for (const [i, link] of links.entries()) {
      const frame = { type: "drain", ...plan[i]!, ...(servers.length === 0 ? {} : { servers: [...servers] }) } as const;
      link.end("server-stopped", frame);
      // A turn of the event loop now and then: what agents still send is read, and what we send leaves.
      if (i % DRAINED_AT_ONCE === DRAINED_AT_ONCE - 1) await nextTurn();
    }
    for (const connection of open) refuse(connection, "server.draining", "this server is stopping");
    await allClosed();
    await news.settled();
  }

  /** `ws` cuts each socket that has not closed in time. */
  async function allClosed(): Promise<void> {
    const sockets = [...open].map(({ socket }) => socket);
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve))));
  }

  return {
    links: {
      of: (host) => registry.of(host),
      get size() {
        return registry.size;
      },
      attach: (listener) => listeners.attach(listener),
    },
    ofEnrolment: (enrolment) => registry.ofEnrolment(enrolment),
    upgrade(request, socket, head, peer) {
      const failure = unfit(request, peer);
      if (failure !== undefined) {
        metrics.refused(failure.code);
        return answerUnfit(socket, failure);
      }
      sockets.handleUpgrade(request, socket, head, (upgraded) => opened(upgraded, socket, peer));
    },
    drain: () => (draining ??= drain()),
    [Symbol.dispose]() {
      for (const each of heard) each[Symbol.dispose]();
      for (const connection of open) connection.end("server-stopped", "cut");
      care[Symbol.dispose]();
      news[Symbol.dispose]();
    },
  };
}

function lot(): number {
  return randomInt(LOTS) / LOTS;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
