/**
 * Public ids. A run's is one AES-128 block over (job, host) under a key of this installation: unguessable, and never
 * stored, because the table of runs is the largest there is.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const BLOCK = 16;
const KEY_BYTES = 6;
/** Its four characters as base64 decodes them. */
const PREFIX = Buffer.from("run_", "base64url");
const PADDED = PREFIX.length + BLOCK + 2;
const WIDTH = (PADDED / 3) * 4;
const ID_LENGTH = 26;
/** `run_` and 22 characters, of which the last carries two bits of padding: only these four are canonical. */
const RUN_ID = /^run_[A-Za-z0-9_-]{21}[AQgw]$/;

export interface RunKey {
  readonly job: number;
  readonly host: number;
}

export interface RunIds {
  encode(job: number, host: number): string;
  /** The same for many hosts of one job, in one call of the cipher. */
  encodeAll(job: number, hosts: ArrayLike<number>): string[];
  /** Undefined for anything that was not made under this key. */
  decode(id: string): RunKey | undefined;
}

export function runIds(key: Uint8Array): RunIds {
  // In ECB mode without padding a cipher keeps no state between blocks, so one serves for ever.
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const decipher = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false);

  // Both serve again for each batch: nothing is written where zeros, or the prefix, stand once and for all.
  let plain = new DataView(new ArrayBuffer(0));
  let padded = Buffer.alloc(0);

  function makeRoom(count: number): void {
    plain = new DataView(new ArrayBuffer(count * BLOCK));
    // The prefix is base64, too: with it, and two bytes to end on a whole character, one call writes all ids.
    padded = Buffer.alloc(count * PADDED);
    for (let i = 0; i < count; i += 1) PREFIX.copy(padded, i * PADDED);
  }

  function encodeAll(job: number, hosts: ArrayLike<number>): string[] {
    const count = hosts.length;
    if (plain.byteLength < count * BLOCK) makeRoom(count);
    for (let i = 0; i < count; i += 1) {
      writeKey(plain, i * BLOCK, job);
      writeKey(plain, i * BLOCK + KEY_BYTES, hosts[i]!);
    }
    const blocks = cipher.update(new Uint8Array(plain.buffer, 0, count * BLOCK));
    for (let i = 0; i < count; i += 1) {
      const from = i * BLOCK;
      const to = i * PADDED + PREFIX.length;
      for (let byte = 0; byte < BLOCK; byte += 1) padded[to + byte] = blocks[from + byte]!;
    }
    const text = padded.toString("base64url", 0, count * PADDED);
    return Array.from({ length: count }, (_, i) => text.slice(i * WIDTH, i * WIDTH + ID_LENGTH));
  }

  return {
    encodeAll,
    encode: (job, host) => encodeAll(job, [host])[0]!,
    decode(id) {
      if (!RUN_ID.test(id)) return undefined;
      const plain = decipher.update(Buffer.from(id.slice(4), "base64url"));
      // The last four bytes are zero in every block we made: a forged id passes once in 2^32.
      if (plain.readUInt32BE(2 * KEY_BYTES) !== 0) return undefined;
      return { job: plain.readUIntBE(0, KEY_BYTES), host: plain.readUIntBE(KEY_BYTES, KEY_BYTES) };
    },
  };
}

/** 48 bits, big-endian. */
function writeKey(view: DataView, at: number, key: number): void {
  view.setUint16(at, key / 2 ** 32);
  view.setUint32(at + 2, key);
}

export function newJobId(): string {
  return `job_${randomBytes(15).toString("base64url")}`;
}
