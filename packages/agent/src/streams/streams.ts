/**
 * Words. A *stream* is bytes both ways that the server asked for and we dialled. Its *kind* is what stands at our end of
 * it. Streams hang on the link: when that is gone for long, nobody may be left at the other end, and they end.
 */
import { AtalayaError, isFailureCode, type OpenStream } from "@atalaya/protocol";
import type { WebSocket } from "ws";
import type { IdentityFiles } from "../enrol/identity.ts";
import type { Up } from "../link/link.ts";
import type { Environment } from "../link/proxy.ts";
import type { SessionTickets } from "../link/session-tickets.ts";
import { failureOf, type Log } from "../platform/log.ts";
import { forbidsStream } from "../policy/connections.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyFile } from "../policy/policy-file.ts";
import { admitStream } from "../tickets/tickets.ts";
import { byteStream, type ByteStream } from "./byte-stream.ts";
import { dialStream } from "./dial-stream.ts";
import { dialTurns } from "./dial-turns.ts";

export interface StreamKind {
  /** Everything that may be refused is refused here, before the server is dialled. `request` is not parsed yet. */
  prepare(request: unknown, about: { readonly user: string; readonly policy: Policy }): Promise<ReadyStream>;
}

export interface ReadyStream {
  /** Hears what the server says beside the bytes; unparsed. */
  said?(value: unknown): void;
  /** Begins; over when the stream's bytes are closed. What it throws, the server is told by its code. */
  run(stream: ByteStream): void | Promise<void>;
  /** The server could not be dialled after all. */
  drop?(): void;
}

export interface StreamsNeeds {
  readonly kinds: Readonly<Record<string, StreamKind>>;
  readonly policy: PolicyFile;
  readonly identity: Pick<IdentityFiles, "keyPem">;
  readonly tickets: Pick<SessionTickets, "of">;
  readonly environment: Environment;
  readonly log: Log;
  /** How long streams outlive the link. */
  readonly linklessMs?: number;
}

export interface Streams {
  /** Dials, or tells the server why not. Never rejects. */
  open(frame: OpenStream, link: Up): Promise<void>;
  linkUp(): void;
  linkDown(): void;
  close(): void;
}

/** As long as the server waits for us: what it would not pair any more need not go on here. */
const LINKLESS_MS = 120_000;
/** The server pings streams twice a minute. */
const SILENT_MS = 75_000;
const DIALS_AT_ONCE = 16;
/** Ids of one link; a server that asks for more than this has lost its mind. */
const MOST_IDS = 100_000;

export function createStreams(needs: StreamsNeeds): Streams {
  const { kinds, policy, identity, tickets, environment, log, linklessMs = LINKLESS_MS } = needs;
  const live = new Set<ByteStream>();
  const turns = dialTurns(DIALS_AT_ONCE);
  /** Of this link. A ticket is good for one epoch, so those of older links need no memory. */
  const used = new Set<string>();
  const stopping = new AtalayaError("host.offline", "the agent stops");
  let opening = 0;
  let closed = false;
  let linkless: NodeJS.Timeout | undefined;

  async function open(frame: OpenStream, link: Up): Promise<void> {
    const { stream, kind } = frame;
    let ready: ReadyStream | undefined;
    opening += 1;
    try {
      const { user } = admitStream(frame, link.ground);
      if (used.has(stream) || used.size >= MOST_IDS)
        throw new AtalayaError("stream.already-known", "this stream was asked for before");
      used.add(stream);
      ready = await prepare(frame, user);
      begin(await dial(stream, link), ready, { stream, kind, user });
    } catch (error) {
      ready?.drop?.();
      const { code, message } = failureOf(error);
      const known = isFailureCode(code) ? code : "server.internal";
      log.warn("stream.refused", { stream, kind, code: known, message });
      link.send({ type: "stream-refused", stream, code: known, message: message.slice(0, 4096) });
    } finally {
      opening -= 1;
    }
  }

  async function prepare({ kind, request }: OpenStream, user: string): Promise<ReadyStream> {
    const rules = await policy.current().catch((cause: unknown) => {
      const { message } = failureOf(cause);
      throw new AtalayaError("stream.forbidden-by-policy", `nothing is allowed while ${message}`, { cause });
    });
    const end = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (end === undefined) throw new AtalayaError("capability.unknown", `this agent has no streams of kind ${kind}`);
    const forbidden = forbidsStream(rules, kind, live.size + opening - 1);
    if (forbidden !== undefined) throw new AtalayaError("stream.forbidden-by-policy", forbidden);
    return end.prepare(parsed(request), { user, policy: rules });
  }

  async function dial(stream: string, link: Up): Promise<WebSocket> {
    // All at once they would be more handshakes than a server takes, and each be the slower for it.
    using _turn = await turns.take();
    // Without waiting here the turn would be over as soon as the dial begins.
    return await dialNow(stream, link);
  }

  async function dialNow(stream: string, { address, enrolled }: Up): Promise<WebSocket> {
    const session = tickets.of(address, enrolled.certificate);
    return dialStream(stream, {
      address,
      environment,
      ca: enrolled.ca,
      certificate: enrolled.certificate,
      key: await identity.keyPem(),
      ...(session === undefined ? {} : { session }),
    });
  }

  function begin(
    socket: WebSocket,
    ready: ReadyStream,
    about: { readonly stream: string; readonly kind: string; readonly user: string },
  ): void {
    const stream = byteStream(socket, ready.said === undefined ? undefined : (value) => ready.said!(value));
    const { bytes } = stream;
    const silence = setTimeout(() => {
      if (stream.paused) return void silence.refresh();
      bytes.destroy(new AtalayaError("link.silent", "nothing was heard of the server for too long"));
      // Nobody is there to answer our close.
      socket.terminate();
    }, SILENT_MS);
    silence.unref();
    socket.on("message", () => silence.refresh()).on("ping", () => silence.refresh());
    live.add(stream);
    log.info("stream.open", about);
    bytes.on("error", (error) => log.warn("stream.failed", { stream: about.stream, ...failureOf(error) }));
    bytes.once("close", () => {
      live.delete(stream);
      clearTimeout(silence);
      log.info("stream.ended", { stream: about.stream });
    });
    // It was being dialled meanwhile.
    if (closed) return void bytes.destroy(stopping);
    Promise.resolve()
      .then(() => ready.run(stream))
      .catch((error: unknown) => void bytes.destroy(error instanceof Error ? error : undefined));
  }

  function endAll(reason: AtalayaError): void {
    for (const { bytes } of live) bytes.destroy(reason);
  }

  return {
    open,
    linkUp() {
      clearTimeout(linkless);
      used.clear();
    },
    linkDown() {
      linkless = setTimeout(
        () => endAll(new AtalayaError("host.offline", "the link was gone for too long")),
        linklessMs,
      );
      linkless.unref();
    },
    close() {
      clearTimeout(linkless);
      closed = true;
      endAll(stopping);
    },
  };
}

function parsed(request: string): unknown {
  try {
    return JSON.parse(request);
  } catch {
    throw new AtalayaError("request.malformed", "the stream's request is not JSON");
  }
}
