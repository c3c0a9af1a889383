/**
 * A short way for what agents send by the thousand: one or a few whole frames a TLS record. `ws` takes every chunk through
 * a stream, a list of pieces and a machine of six states; that is 20,000 instructions for the three frames of a run, and
 * 5,000 here. Anything else, and whatever comes while `ws` holds a piece of a frame, goes its way.
 */
import type { WebSocket } from "ws";

/** Who hears the messages. */
export interface Hearer {
  hear(data: Buffer, isBinary: boolean): void;
}

/** What is looked at of the receiver of `ws` 8: none of it is promised, so `whole-frames.test.ts` compares the two ways. */
export interface Receiver {
  /** 0: the next byte begins a frame. */
  readonly _state: number;
  readonly _bufferedBytes: number;
  /** The kind of the message whose fragments come; 0: none. */
  readonly _fragmented: number;
  /** Of the last frame that went through it; 8: the peer has said good-bye. */
  readonly _opcode: number;
  /** It has refused something: what follows is not heard. */
  readonly _errored: boolean;
  write(chunk: Buffer): boolean;
  hearer?: Hearer;
}

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x08;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** In the second byte: the length stands in the next two. */
const LONG = 126;

/** Call it when the socket is open: only then does it have a receiver. */
export function takeWholeFrames(socket: WebSocket, hearer: Hearer): void {
  shorten((socket as unknown as { readonly _receiver: Receiver })._receiver, hearer);
}

/** One function for all receivers: ten thousand closures would be memory of every link. */
export function shorten(receiver: Receiver, hearer: Hearer): void {
  receiver.hearer = hearer;
  receiver.write = write;
}

function write(this: Receiver, chunk: Buffer): boolean {
  let from = 0;
  while (from < chunk.length && isBetweenFrames(this)) {
    const end = endOfFrame(chunk, from);
    if (end === 0) break;
    const at = payloadOf(chunk, from);
    unmask(chunk, at, end);
    this.hearer?.hear(chunk.subarray(at, end), chunk[from] === BINARY);
    from = end;
  }
  return from === chunk.length || proto(this).write.call(this, from === 0 ? chunk : chunk.subarray(from));
}

function proto(receiver: Receiver): Receiver {
  return Object.getPrototypeOf(receiver) as Receiver;
}

function isBetweenFrames({ _state, _bufferedBytes, _fragmented, _opcode, _errored }: Receiver): boolean {
  return _state === 0 && _bufferedBytes === 0 && _fragmented === 0 && _opcode !== CLOSE && !_errored;
}

/** Where the frame that begins here ends, if it is masked, whole, of up to 64 KiB and a whole message; 0 for anything else. */
function endOfFrame(chunk: Buffer, from: number): number {
  if ((chunk[from] !== TEXT && chunk[from] !== BINARY) || from + 4 > chunk.length) return 0;
  const length = chunk[from + 1]! ^ MASKED;
  if (length > LONG) return 0;
  const bytes = length === LONG ? (chunk[from + 2]! << 8) | chunk[from + 3]! : length;
  const end = payloadOf(chunk, from) + bytes;
  return end <= chunk.length ? end : 0;
}

function payloadOf(chunk: Buffer, from: number): number {
  return from + (chunk[from + 1] === (MASKED | LONG) ? 4 : 2) + MASK_BYTES;
}

/** In place, as `ws` does: the chunk is ours. Agents of ours mask with zeros inside TLS. */
function unmask(chunk: Buffer, at: number, end: number): void {
  const mask = at - MASK_BYTES;
  if ((chunk[mask]! | chunk[mask + 1]! | chunk[mask + 2]! | chunk[mask + 3]!) === 0) return;
  for (let i = at; i < end; i += 1) chunk[i]! ^= chunk[mask + ((i - at) & 3)]!;
}
