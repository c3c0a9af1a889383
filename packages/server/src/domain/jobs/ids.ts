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

  function encodeAll(job: number, hosts: ArrayLike<number>): string[] {
    const plain = Buffer.alloc(hosts.length * BLOCK);
    for (let i = 0; i < hosts.length; i += 1) {
      plain.writeUIntBE(job, i * BLOCK, KEY_BYTES);
      plain.writeUIntBE(hosts[i]!, i * BLOCK + KEY_BYTES, KEY_BYTES);
    }
    const blocks = cipher.update(plain);
    // The prefix is base64, too: with it, and two bytes to end on a whole character, one call writes all ids.
    const padded = Buffer.alloc(hosts.length * PADDED);
    for (let i = 0; i < hosts.length; i += 1) {
      PREFIX.copy(padded, i * PADDED);
      blocks.copy(padded, i * PADDED + PREFIX.length, i * BLOCK, (i + 1) * BLOCK);
    }
    const text = padded.toString("base64url");
    return Array.from({ length: hosts.length }, (_, i) => text.slice(i * WIDTH, i * WIDTH + ID_LENGTH));
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

export function newJobId(): string {
  return `job_${randomBytes(15).toString("base64url")}`;
}
