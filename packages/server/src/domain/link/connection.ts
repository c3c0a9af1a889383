/**
 * One agent's connection, from the upgrade to its end. A class, because it has an identity and a life, and because ten
 * thousand of them share these functions: there is no closure a link or a frame.
 */
import type { X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import type { FailureCode, ServerFrame } from "@atalaya/protocol";
import { WebSocket } from "ws";
import type { HostKey, SystemKey } from "../fleet/index.ts";
import type { Link } from "./links.ts";
import type { Spoke } from "./wheel.ts";
import { takeWholeFrames, type Hearer } from "./whole-frames.ts";

/** Why a link ended: a failure's code, or a word that is no failure. */
export type EndReason = FailureCode | "closed" | "server-stopped";

/** `stranger`: has not said hello. `admitting`: is being looked up. `up`: welcomed. */
export type Stage = "stranger" | "admitting" | "up" | "ended";

/** Whom a connection belongs to. */
export interface ConnectionOwner {
  readonly writableBytes: number;
  readonly cutBytes: number;
  now(): number;
  text(connection: Connection, bytes: Buffer): void;
  binary(connection: Connection, bytes: Buffer): void;
  ended(connection: Connection, reason: EndReason): void;
  /** The socket is closed, after `ended` or before. */
  closed(connection: Connection): void;
}

/** `ws` makes sockets of this class, so that its events find their connection without a closure. */
export class LinkSocket extends WebSocket {
  connection: Connection | undefined;
}

/** Headers of whole, unmasked text frames (RFC 6455, 5.2): up to 125 bytes, and what comes before a length of 16 bits. */
const SHORT = Array.from({ length: 126 }, (_, length) => String.fromCharCode(0x81, length));
const LONG = String.fromCharCode(0x81, 126);
const NO_CAPABILITIES: ReadonlySet<string> = new Set();
const STRAIGHT: readonly string[] = [];
/** RFC 6455, 7.4.1: policy violation, going away. Agents go by the `refused` or `drain` frame before it. */
const CLOSE = { refused: 1008, leaving: 1001 } as const;

export class Connection implements Link, Spoke, Hearer {
  readonly owner: ConnectionOwner;
  readonly socket: LinkSocket;
  /** What `socket` writes to. */
  readonly tcp: Duplex;
  readonly address: string;
  /** Let go of once it was looked up: it is larger than all the rest. */
  certificate: X509Certificate | undefined;
  stage: Stage = "stranger";
  /** It has said hello. */
  hello = false;
  host: HostKey = 0;
  system: SystemKey = 0;
  enrolment = "";
  epoch = 0;
  kind: "live" | "os" = "os";
  capabilities: ReadonlySet<string> = NO_CAPABILITIES;
  via: readonly string[] = STRAIGHT;
  /** Which of the enrolment's certificates it came with: later ones have higher numbers. */
  issue = 0;
  notAfter = Number.MAX_SAFE_INTEGER;
  /** Listeners know of it, so they must hear of its end. */
  announced = false;
  paused = false;
  renewing = false;
  heardAt: number;
  pingAt = 0;
  /** Until when its hello must have come. */
  helloBy: number;
  malformed = 0;
  malformedSince = 0;
  endReason: EndReason | undefined;
  dueAt: number;
  slot = -1;

  constructor(
    owner: ConnectionOwner,
    socket: LinkSocket,
    tcp: Duplex,
    from: { readonly address: string; readonly certificate: X509Certificate; readonly helloBy: number },
  ) {
    this.owner = owner;
    this.socket = socket;
    this.tcp = tcp;
    this.address = from.address;
    this.certificate = from.certificate;
    this.heardAt = owner.now();
    this.helloBy = from.helloBy;
    this.dueAt = from.helloBy;
    socket.connection = this;
    takeWholeFrames(socket, this);
    socket.on("message", onMessage);
    socket.on("pong", onPong);
    socket.on("close", onClose);
    socket.on("error", onError);
  }

  /** A message has come. `nodebuffer` is the binary type, so it is one Buffer. */
  hear(data: Buffer, isBinary: boolean): void {
    if (this.stage === "ended") return;
    this.heardAt = this.owner.now();
    if (isBinary) this.owner.binary(this, data);
    else this.owner.text(this, data);
  }

  get writable(): boolean {
    return (
      this.stage === "up" &&
      this.socket.readyState === WebSocket.OPEN &&
      this.socket.bufferedAmount <= this.owner.writableBytes
    );
  }

  send(frame: ServerFrame): boolean {
    return this.write(JSON.stringify(frame));
  }

  write(text: string): boolean {
    if (this.stage === "ended" || this.socket.readyState !== WebSocket.OPEN) return false;
    const { length } = text;
    // Without characters beyond ASCII, characters are bytes, and header and text go out as one string: half of what
    // `ws` takes for a header and a payload. Both write whole frames, at once, so they never mix.
    const header = length < 126 ? SHORT[length]! : LONG + String.fromCharCode(length >> 8, length & 0xff);
    // Joined first and looked at then: a text put together from pieces is copied once, not twice.
    const frame = header + text;
    if (length < 65_536 && Buffer.byteLength(frame) === length + Buffer.byteLength(header)) {
      this.tcp.write(frame, "latin1");
    } else {
      this.socket.send(text);
    }
    if (this.socket.bufferedAmount <= this.owner.cutBytes) return true;
    this.end("link.overloaded", "cut");
    return false;
  }

  pause(): void {
    if (this.paused || this.stage === "ended") return;
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.heardAt = this.owner.now();
    this.socket.resume();
  }

  /** Ends it: after a last frame; `cut`, where nobody is there to read one; or `closing`, where `ws` already does. */
  end(reason: EndReason, how: ServerFrame | "cut" | "closing"): void {
    if (this.stage === "ended") return;
    if (typeof how === "object") {
      this.send(how);
      // What does not fit any more has ended it by itself.
      if (this.hasEnded()) return;
    }
    this.stage = "ended";
    this.endReason = reason;
    this.certificate = undefined;
    // The answer to our close could not be read otherwise.
    this.resume();
    if (how === "cut") this.socket.terminate();
    else if (how !== "closing") this.socket.close(reason === "server-stopped" ? CLOSE.leaving : CLOSE.refused, reason);
    this.owner.ended(this, reason);
  }

  hasEnded(): boolean {
    return this.stage === "ended";
  }
}

function onMessage(this: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
  (this as LinkSocket).connection?.hear(data as Buffer, isBinary);
}

function onPong(this: WebSocket): void {
  const connection = (this as LinkSocket).connection;
  if (connection !== undefined) connection.heardAt = connection.owner.now();
}

function onClose(this: WebSocket): void {
  const connection = (this as LinkSocket).connection;
  if (connection === undefined) return;
  (this as LinkSocket).connection = undefined;
  connection.end("closed", "closing");
  connection.owner.closed(connection);
}

/** What `ws` refuses by itself; it closes the socket then. Anything else is a cut connection. */
function onError(this: WebSocket, error: Error): void {
  const connection = (this as LinkSocket).connection;
  const code = (error as { code?: unknown }).code;
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") connection?.end("frame.too-large", "closing");
  else if (typeof code === "string" && code.startsWith("WS_ERR_")) connection?.end("frame.malformed", "closing");
}
