/**
 * Large buffers that serve again. A new one costs page faults when it is filled and a collection when it is dropped:
 * for a chatty run that was a third of the ledger's time.
 */
export interface ReusedMemory {
  take(bytes: number): Buffer;
  /** Only what `take` gave, and nobody uses any more. */
  giveBack(bytes: Uint8Array): void;
  clear(): void;
}

const SMALL_BYTES = 64 * 1024;
/** Of one buffer: extents of 1 MiB end with a whole chunk. */
const BUFFER_BYTES = 1536 * 1024;

/** Keeps no more than about so many bytes while nobody uses them. */
export function reusedMemory(keptBytes: number): ReusedMemory {
  const spare: ArrayBuffer[] = [];
  const most = Math.ceil(keptBytes / BUFFER_BYTES) + 1;
  return {
    take(bytes) {
      if (bytes < SMALL_BYTES || bytes > BUFFER_BYTES) return Buffer.allocUnsafe(bytes);
      return Buffer.from(spare.pop() ?? new ArrayBuffer(BUFFER_BYTES), 0, bytes);
    },
    giveBack({ buffer }) {
      if (buffer instanceof ArrayBuffer && buffer.byteLength === BUFFER_BYTES && spare.length < most)
        spare.push(buffer);
    },
    clear() {
      spare.length = 0;
    },
  };
}
