/**
 * Buffers for bytes on their way from a file to a socket. Used again and again: what is left to the collector waits for
 * it, and a hundred downloads leave some hundred megabytes a second.
 */

/** Of each buffer. */
export const LENT_BYTES = 128 * 1024;
const KEPT = 128;

const kept: Buffer<ArrayBuffer>[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** Whoever gets it may keep it: then it is the collector's. */
export function lendBuffer(): Buffer<ArrayBuffer> {
  const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(LENT_BYTES);
  lent.add(buffer.buffer);
  return buffer;
}

/** Nobody looks at these bytes any more. Nothing happens to bytes that were not lent here, or were given back before. */
export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (lent.delete(buffer) && kept.length < KEPT) kept.push(Buffer.from(buffer as ArrayBuffer));
}
