/**
 * Streams: asked for over a link, dialled by the agent as WebSockets of their own, paired here by an id that nobody
 * guesses, the agent's enrolment and the epoch of its link.
 */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError, isFailureCode, STREAM_PATH, STREAM_PROTOCOL, type FailureCode } from "@atalaya/protocol";
import { WebSocketServer, type WebSocket } from "ws";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import type { Enrolments } from "../enrolment/index.ts";
import type { HostKey } from "../fleet/index.ts";
import { byteStream, MAX_MESSAGE_BYTES, type ByteStream } from "./byte-stream.ts";
import type { Link, LinkListener, Links } from "./links.ts";
import { failureOf } from "./refusal.ts";
import { createStreamLives } from "./stream-lives.ts";
import { streamMetrics } from "./stream-metrics.ts";
import { streamDefaults, type StreamSettings } from "./stream-settings.ts";
import { openStreamFrame } from "./stream-ticket.ts";
import { answerUnfit, type LinkPeer } from "./upgrade.ts";

export interface StreamsNeeds {
  readonly links: Links;
  readonly enrolments: Pick<Enrolments, "admit" | "onRevoked">;
  /** `pki.signTickets`. */
  readonly signTickets: (root: Uint8Array) => Uint8Array;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly settings?: Partial<StreamSettings>;
}

export interface StreamAsk {
  /** The capability at the host's end. */
  readonly kind: string;
  /** Anything JSON; the agent parses it by the kind's schema. */
  readonly request: unknown;
  /** The actor's name: it stands in the ticket, and the limits go by it. */
  readonly user: string;
  /** Hears what the host says beside the bytes. It is the host's: parse it. */
  readonly said?: (value: unknown) => void;
  /** Ends the stream, whenever it comes; an `AtalayaError` as its reason is what the host is told. */
  readonly signal?: AbortSignal;
}

export interface Streams extends Disposable {
  readonly size: number;
  /**
   * Resolves when the host has dialled. Throws `host.offline`, `capability.unknown`, `stream.limit`,
   * `stream.no-answer`, and what the host refuses it with.
   */
  open(host: HostKey, ask: StreamAsk): Promise<ByteStream>;
  /** Takes over the socket. Hand it only what asks for an upgrade below `STREAM_PATH`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: LinkPeer): void;
  /** Ends all streams and takes no more. Idempotent. */
  drain(): void;
}

interface Pending {
  readonly id: string;
  readonly host: HostKey;
  readonly enrolment: string;
  readonly epoch: number;
  readonly ask: StreamAsk;
  opened(socket: WebSocket): void;
  failed(error: AtalayaError): void;
}

export function createStreams(needs: StreamsNeeds): Streams {
  const { links, enrolments, clock, log } = needs;
  const settings = { ...streamDefaults, ...needs.settings };
  const pending = new Map<string, Pending>();
  /** How many of a host's wait, and when it last dialled one of them. */
  const awaited = new Map<HostKey, { count: number; answeredAt: number }>();
  const lives = createStreamLives({ clock, settings });
  const metrics = streamMetrics(needs.metrics, lives);
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: () => STREAM_PROTOCOL,
    closeTimeout: settings.closeMs,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  let draining = false;

  async function open(host: HostKey, ask: StreamAsk): Promise<ByteStream> {
    try {
      return await begin(host, ask);
    } catch (error) {
      const failure = failureOf(error);
      metrics.refused(failure.code);
      throw failure;
    }
  }

  async function begin(host: HostKey, ask: StreamAsk): Promise<ByteStream> {
    ask.signal?.throwIfAborted();
    if (draining) throw new AtalayaError("server.draining", "This server is stopping.");
    const link = links.of(host);
    if (link === undefined) throw new AtalayaError("host.offline", "This host has no link to this server.");
    if (!link.capabilities.has(ask.kind))
      throw new AtalayaError("capability.unknown", `The agent of this host cannot do ${ask.kind}.`, {
        next: "Update the agent, or look at the host's capabilities.",
      });
    checkRoom(host, ask.user);
    const id = `str_${randomBytes(16).toString("base64url")}`;
    const request = JSON.stringify(ask.request);
    const frame = openStreamFrame(
      { stream: id, kind: ask.kind, user: ask.user, request },
      link,
      needs.signTickets,
      clock.now(),
    );
    const waiting = wait(id, host, link, ask);
    if (!link.send(frame)) pending.get(id)?.failed(offline());
    const socket = await waiting;
    return adopt(socket, host, link.enrolment, ask);
  }

  function wait(id: string, host: HostKey, link: Link, ask: StreamAsk): Promise<WebSocket> {
    return new Promise((resolve, reject) => {
      const askedAt = clock.now();
      const others = awaited.get(host) ?? { count: 0, answeredAt: 0 };
      awaited.set(host, others);
      others.count += 1;
      let timer: Disposable;
      const look = (): void => {
        const now = clock.now();
        // A burst is dialled in turns: as long as the host goes on with it, those behind have their time yet.
        const goesOnFrom = Math.max(askedAt, others.answeredAt);
        const left = Math.min(goesOnFrom + settings.answerMs, askedAt + settings.answerInAllMs) - now;
        if (left > 0) timer = clock.after(left, look);
        else failed(new AtalayaError("stream.no-answer", "The host did not open the stream in time."));
      };
      const over = (): void => {
        pending.delete(id);
        timer[Symbol.dispose]();
        others.count -= 1;
        if (others.count === 0) awaited.delete(host);
        ask.signal?.removeEventListener("abort", aborted);
      };
      const failed = (error: AtalayaError): void => {
        over();
        reject(error);
      };
      const aborted = (): void => failed(reasonOf(ask.signal));
      const one: Pending = {
        id,
        host,
        enrolment: link.enrolment,
        epoch: link.epoch,
        ask,
        opened(socket) {
          others.answeredAt = clock.now();
          over();
          // What came with the upgrade waits until somebody listens.
          socket.pause();
          resolve(socket);
        },
        failed,
      };
      ask.signal?.addEventListener("abort", aborted, { once: true });
      pending.set(id, one);
      timer = clock.after(settings.answerMs, look);
    });
  }

  function adopt(socket: WebSocket, host: HostKey, enrolment: string, ask: StreamAsk): ByteStream {
    const stream = byteStream(socket, ask.said);
    const { bytes } = stream;
    const aborted = (): void => void bytes.destroy(reasonOf(ask.signal));
    lives.add({ stream, host, enrolment, user: ask.user, kind: ask.kind });
    metrics.opened(ask.kind);
    socket.on("message", (data, isBinary) => isBinary && metrics.received((data as Buffer).length));
    bytes.once("close", () => ask.signal?.removeEventListener("abort", aborted));
    // Whoever reads it hears of errors by its end; nobody listening must not end the process.
    bytes.on("error", (error) => metrics.failed(error instanceof AtalayaError ? error.code : "stream.broken"));
    if (ask.signal?.aborted) aborted();
    ask.signal?.addEventListener("abort", aborted, { once: true });
    return stream;
  }

  function checkRoom(host: HostKey, user: string): void {
    const check = (number: number, most: number, whose: string): void => {
      if (number >= most) throw new AtalayaError("stream.limit", `There are ${most} streams ${whose} already.`);
    };
    check(lives.ofHost(host) + (awaited.get(host)?.count ?? 0), settings.perHost, "to this host");
    const ofUser = pending.values().filter((one) => one.ask.user === user);
    check(lives.ofUser(user) + ofUser.reduce((sum) => sum + 1, 0), settings.perUser, `of ${user}`);
    check(lives.size + pending.size, settings.inAll, "at this server");
  }

  async function take(request: IncomingMessage, socket: Duplex, head: Buffer, peer: LinkPeer): Promise<void> {
    const id = request.url?.split("?", 1)[0]?.slice(STREAM_PATH.length) ?? "";
    const protocols = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
    if (peer.door !== "link") throw new AtalayaError("route.unknown", "there is no such thing here");
    if (!protocols.includes(STREAM_PROTOCOL))
      throw new AtalayaError("link.version", `a stream speaks ${STREAM_PROTOCOL}`);
    if (peer.certificate === undefined) throw new AtalayaError("certificate.unknown", "a stream needs a certificate");
    if (!pending.has(id)) throw unknown();
    const { id: enrolment } = await enrolments.admit(peer.certificate);
    const one = pending.get(id);
    // Anything may have happened while the certificate was looked up.
    if (one === undefined || one.enrolment !== enrolment || socket.destroyed) throw unknown();
    if (links.of(one.host)?.epoch !== one.epoch)
      throw new AtalayaError("link.old-epoch", "the link that this stream was asked over is gone");
    sockets.handleUpgrade(request, socket, head, (upgraded) => one.opened(upgraded));
  }

  const listener: LinkListener = {
    up: (link) => lives.linkUp(link.host, link.enrolment),
    aside(link, frame) {
      if (frame.type !== "stream-refused") return;
      const one = pending.get(frame.stream);
      if (one === undefined || one.enrolment !== link.enrolment) return;
      const code: FailureCode = isFailureCode(frame.code) ? frame.code : "server.internal";
      log.info({ host: link.host, kind: one.ask.kind, code }, "a host refused a stream");
      one.failed(new AtalayaError(code, frame.message));
    },
    down(link, reason) {
      for (const one of pending.values()) if (one.enrolment === link.enrolment) one.failed(offline());
      lives.linkDown(link.host, link.enrolment, reason);
    },
  };
  const heard = [
    links.attach(listener),
    enrolments.onRevoked((enrolment, code, keep) => {
      // One that was renewed is the same agent; its streams came with tickets of their own.
      if (keep === undefined) lives.endOf(enrolment, new AtalayaError(code, "this agent's certificate was revoked"));
    }),
  ];

  function drain(): void {
    draining = true;
    const stopping = new AtalayaError("server.draining", "This server is stopping.");
    for (const one of pending.values()) one.failed(stopping);
    lives.endAll(stopping);
  }

  return {
    get size() {
      return lives.size;
    },
    open,
    upgrade(request, socket, head, peer) {
      socket.on("error", () => socket.destroy());
      take(request, socket, head, peer).catch((error: unknown) => {
        const failure = failureOf(error);
        if (failure.code === "server.internal") log.error({ err: error }, "a stream could not be taken");
        answerUnfit(socket, failure);
      });
    },
    drain,
    [Symbol.dispose]() {
      drain();
      for (const each of heard) each[Symbol.dispose]();
      lives[Symbol.dispose]();
    },
  };
}

function unknown(): AtalayaError {
  return new AtalayaError("stream.unknown", "no stream of this id is waited for");
}

function offline(): AtalayaError {
  return new AtalayaError("host.offline", "The host's link ended before the stream was open.");
}

function reasonOf(signal: AbortSignal | undefined): AtalayaError {
  const reason: unknown = signal?.reason;
  return reason instanceof AtalayaError ? reason : new AtalayaError("stream.broken", "The stream was given up.");
}
