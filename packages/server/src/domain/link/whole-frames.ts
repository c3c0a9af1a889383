/**
 * A short way for what agents send by the thousand: one whole frame a TLS record. `ws` takes every chunk through a
 * stream, a list of pieces and a machine of six states; that is 20,000 instructions for the three frames of a run, and
 * 5,000 here. Anything else, and whatever comes while `ws` holds a piece of a frame, goes its way.
 */
import type { WebSocket } from "ws";

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
  emit(event: "message", data: Buffer, isBinary: boolean): boolean;
}

const TEXT = 0x81;
const BINARY = 0x82;
const CLOSE = 0x08;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** In the second byte: the length stands in the next two. */
const LONG = 126;

/** Call it when the socket is open: only then does it have a receiver. */
export function takeWholeFrames(socket: WebSocket): void {
  shorten((socket as unknown as { readonly _receiver: Receiver })._receiver);
}

/** One function for all receivers: ten thousand closures would be memory of every link. */
export function shorten(receiver: Receiver): void {
  receiver.write = write;
}

function write(this: Receiver, chunk: Buffer): boolean {
  const at = isBetweenFrames(this) ? payloadOf(chunk) : 0;
  if (at === 0) return proto(this).write.call(this, chunk);
  unmask(chunk, at);
  this.emit("message", chunk.subarray(at), chunk[0] === BINARY);
  return true;
}

function proto(receiver: Receiver): Receiver {
  return Object.getPrototypeOf(receiver) as Receiver;
}

function isBetweenFrames({ _state, _bufferedBytes, _fragmented, _opcode, _errored }: Receiver): boolean {
  return _state === 0 && _bufferedBytes === 0 && _fragmented === 0 && _opcode !== CLOSE && !_errored;
}

/** Where the payload begins, if this is one whole masked frame of up to 64 KiB with a whole message in it; 0 for anything else. */
function payloadOf(chunk: Buffer): number {
  if ((chunk[0] !== TEXT && chunk[0] !== BINARY) || chunk.length < 2 + MASK_BYTES) return 0;
  const length = chunk[1]! ^ MASKED;
  const isLong = length === LONG;
  if (length > LONG || (isLong && chunk.length < 4 + MASK_BYTES)) return 0;
  const at = (isLong ? 4 : 2) + MASK_BYTES;
  const bytes = isLong ? (chunk[2]! << 8) | chunk[3]! : length;
  return at + bytes === chunk.length ? at : 0;
}

/** In place, as `ws` does: the chunk is ours. Agents of ours mask with zeros inside TLS. */
function unmask(chunk: Buffer, at: number): void {
  const mask = at - MASK_BYTES;
  if ((chunk[mask]! | chunk[mask + 1]! | chunk[mask + 2]! | chunk[mask + 3]!) === 0) return;
  for (let i = at; i < chunk.length; i += 1) chunk[i]! ^= chunk[mask + ((i - at) & 3)]!;
}
