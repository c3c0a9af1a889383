/** The door of terminals: takes upgrades, asks who may, knows all that are open, ends those whose token or session does. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError, TERMINAL, TerminalOpened, type TerminalRequest } from "@atalaya/protocol";
import { WebSocketServer, type WebSocket } from "ws";
import type { Actor } from "../../api/actor.ts";
import { watchCredentials, type EndedCredentials } from "../../api/watch-credentials.ts";
import type { AuditDoor, Outcome } from "../../api/audit.ts";
import { checkPermission } from "../../api/guard.ts";
import { isInReach } from "../../api/places.ts";
import type { Peer } from "../../cores/core.ts";
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { isForeign, type DirectoryHost, type Fleet } from "../fleet/index.ts";
import { refuseUpgrade } from "../../api/refuse-upgrade.ts";
import type { Streams } from "../link/index.ts";
import type { Recording, Recordings } from "./recordings.ts";
import { createSeat, MAX_CLIENT_BYTES, type Seat } from "./seat.ts";
import { readWish, terminalHostOf } from "./wish.ts";

export { terminalHostOf } from "./wish.ts";
const TERMINAL_PROTOCOL = "atalaya.terminal.v1";

export interface TerminalsNeeds {
  readonly streams: Pick<Streams, "open">;
  readonly fleet: Pick<Fleet, "host">;
  /** Whom this actor runs as on this host when it asks for this account, or for none. Throws when it may not. */
  accountFor(
    actor: Actor,
    asked: string | undefined,
    host: DirectoryHost,
  ): Promise<{ readonly account?: string; readonly mapped?: boolean }>;
  /** Whom the upgrade's headers name; undefined without credentials. Throws `identity.*`. */
  authenticate(request: Pick<IncomingMessage, "headers">, peer: Pick<Peer, "address">): Promise<Actor | undefined>;
  readonly ended: EndedCredentials;
  readonly audit: AuditDoor;
  /** Absent: nothing is recorded. */
  readonly recordings?: Pick<Recordings, "begin">;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** A terminal in which no key was pressed for so long ends; absent: none does for that. */
  readonly idleMs?: number;
}

export interface Terminals extends Disposable {
  readonly size: number;
  /** Takes over the socket of a WebSocket upgrade at a path that `terminalHostOf` knows. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): void;
  /** Ends all and takes no more. Idempotent. */
  drain(): void;
}

/** One terminal, from the upgrade on. */
interface Session {
  readonly id: string;
  readonly actor: Actor;
  readonly over: AbortController;
}

const MOST_PER_ACTOR = 32;
const CLOSE_MS = 5_000;
const hasLeft = new AtalayaError("stream.broken", "The person has left.");

export function createTerminals(needs: TerminalsNeeds): Terminals {
  const { streams, fleet, audit, bus, clock, log } = needs;
  const sessions = new Set<Session>();
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_CLIENT_BYTES,
    handleProtocols: () => TERMINAL_PROTOCOL,
    closeTimeout: CLOSE_MS,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  let draining = false;

  async function take(request: IncomingMessage, socket: Duplex, head: Buffer, peer: Peer): Promise<void> {
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
    if (!offered.includes(TERMINAL_PROTOCOL))
      throw new AtalayaError("request.malformed", `A terminal speaks the WebSocket subprotocol ${TERMINAL_PROTOCOL}.`);
    const actor = await needs.authenticate(request, peer);
    checkPermission("terminal.open", actor);
    if (draining) throw new AtalayaError("server.draining", "The server is stopping.");
    const mine = [...sessions].filter((one) => one.actor.name === actor.name).length;
    if (mine >= MOST_PER_ACTOR)
      throw new AtalayaError("stream.limit", `There are ${mine} terminals of ${actor.name} already.`);
    if (socket.destroyed) return;
    server.handleUpgrade(request, socket, head, (upgraded) => {
      const session: Session = {
        id: `term_${randomBytes(12).toString("base64url")}`,
        actor,
        over: new AbortController(),
      };
      sessions.add(session);
      // From here on a browser can be told why not: of a refused upgrade its page learns nothing.
      void serve(session, upgraded, request, peer).finally(() => sessions.delete(session));
    });
  }

  async function serve(session: Session, socket: WebSocket, request: IncomingMessage, peer: Peer): Promise<void> {
    const seat = createSeat(socket, clock);
    seat.left.then(
      () => session.over.abort(hasLeft),
      () => undefined,
    );
    try {
      const target = request.url ?? "/";
      const host = await visible(terminalHostOf(new URL(target, "https://atalaya").pathname) ?? "", session.actor);
      await sit(session, seat, host, readWish(target), peer);
    } catch (error) {
      const failure = error instanceof AtalayaError ? error : internal(error);
      if (!(error instanceof AtalayaError)) log.error({ err: error }, "a terminal failed");
      seat.end({ reason: { code: failure.code, message: failure.message } });
    }
  }

  /** Unknown and out of reach answer alike. */
  async function visible(name: string, actor: Actor): Promise<DirectoryHost> {
    const host = await fleet.host(name);
    const place = host.place.length === 0 ? undefined : host.place.join("/");
    if (!isInReach(actor, place)) throw new AtalayaError("host.unknown", `There is no host ${name}.`);
    return host;
  }

  async function sit(
    session: Session,
    seat: Seat,
    host: DirectoryHost,
    wish: TerminalRequest,
    peer: Peer,
  ): Promise<void> {
    const { id, actor, over } = session;
    const about = (details: object) => ({
      actor,
      targets: [`host:${host.name}`, host.id, id],
      address: peer.address,
      details: { host: host.name, ...details },
    });
    const asked = wish.account === undefined ? {} : { account: wish.account };
    const beginning = await audit.begin({ ...about(asked), action: "terminal.begin" });
    let account: string | undefined;
    let recording: Recording | undefined;
    let stream;
    try {
      if (isForeign(host))
        throw new AtalayaError(
          "host.no-agent",
          "This host speaks only the bolt wire, which carries no terminal. For one, let our agent join from it: `atalaya token create`.",
        );
      const runner = await needs.accountFor(actor, wish.account, host);
      const { account: _, ...rest } = wish;
      const { promise: opened, resolve: said } = Promise.withResolvers<unknown>();
      recording = await needs.recordings?.begin({ id, host, actor: actor.name, wish });
      stream = await streams.open(host.key, {
        kind: TERMINAL,
        request: {
          ...rest,
          ...(runner.account === undefined ? {} : { account: runner.account }),
          ...(runner.mapped === true ? { mapped: true } : {}),
          ...(needs.idleMs === undefined ? {} : { idleMs: needs.idleMs }),
        },
        user: actor.name,
        said,
        signal: over.signal,
      });
      stream.bytes.once("close", () => said(undefined));
      const answer = TerminalOpened.safeParse(await opened);
      if (!answer.success) throw new AtalayaError("stream.broken", "The host ended the terminal before it began.");
      account = answer.data.account;
      await recording?.opened(account);
    } catch (error) {
      const failure = error instanceof AtalayaError ? error : internal(error);
      await recording?.drop();
      stream?.bytes.destroy(failure);
      await beginning.end({ outcome: "refused", code: failure.code });
      throw error;
    }
    const details = { host: host.name, account, ...(recording === undefined ? {} : { recording: id }) };
    // Its mark outlives us: also the end of a terminal whose server was killed is told.
    const ending = await audit.begin({ ...about(details), action: "terminal.end" });
    await beginning.end({ outcome: "done" }, { details });
    const startedAt = clock.now();
    seat.begin({ account, host: { id: host.id, name: host.name }, recorded: recording !== undefined });
    const end = await seat.join(stream, recording);
    // Whoever closes the page has not failed: the terminal is over, and its program with it.
    const left = over.signal.reason === hasLeft;
    const how: Outcome = "reason" in end && !left ? { outcome: "failed", code: end.reason.code } : { outcome: "done" };
    const durationMs = clock.now() - startedAt;
    await recording?.end({ durationMs, ...("exitCode" in end ? { exitCode: end.exitCode } : {}) });
    seat.end(end);
    await ending.end(how, {
      details: {
        ...details,
        ...("exitCode" in end ? { exitCode: end.exitCode } : {}),
        ...(left ? { left } : {}),
        durationMs,
      },
    });
  }

  const watching = watchCredentials({
    holders: () => sessions,
    ended: needs.ended,
    end: ({ over }, { code, message }) => over.abort(new AtalayaError(code, message)),
    bus,
    clock,
    log,
  });

  function drain(): void {
    draining = true;
    for (const { over } of sessions) over.abort(new AtalayaError("server.draining", "The server is stopping."));
  }

  return {
    get size() {
      return sessions.size;
    },
    upgrade(request, socket, head, peer) {
      socket.on("error", () => socket.destroy());
      take(request, socket, head, peer).catch((error: unknown) => {
        if (!(error instanceof AtalayaError)) log.error({ err: error }, "could not take a terminal");
        const failure = error instanceof AtalayaError ? error : internal(error);
        refuseUpgrade(socket, failure, request.headers["x-request-id"]?.toString());
      });
    },
    drain,
    [Symbol.dispose]() {
      drain();
      watching[Symbol.dispose]();
    },
  };
}

function internal(cause: unknown): AtalayaError {
  return new AtalayaError("server.internal", "Something went wrong on the server.", { cause });
}
