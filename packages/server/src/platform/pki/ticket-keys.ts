/**
 * The keys that TLS sessions are sealed with. Each seals for as long as a session may live and opens for as long again;
 * then it is gone, and with it whatever somebody who stole it could make: a session says whose agent it is.
 */
import { randomBytes } from "node:crypto";
import { stat } from "node:fs/promises";
import { z } from "zod";
import { readSecret, writeSecret } from "./secret-files.ts";

export interface TicketKeys {
  /** 48 bytes: name, HMAC key, AES key, 16 each, as Node and OpenSSL want them. Seals, and opens what it has sealed. */
  readonly current: Buffer;
  /** Only opens. Absent: there is none, or its last session has ended. */
  readonly before?: Buffer;
}

const BYTES = 48;
/** The longest that TLS 1.3 allows a session to live (RFC 8446, 4.6.1). */
const LIFETIME_MS = 7 * 86_400_000;

const Kept = z.array(z.object({ madeAt: z.number(), key: z.base64() })).max(2);
interface KeptKey {
  readonly madeAt: number;
  readonly key: Buffer;
}

/** Equal in all processes of one data folder, and kept over restarts; a new one is made when the last is old. */
export async function keptTicketKeys(path: string, now: number): Promise<TicketKeys> {
  const kept = await read(path);
  const living = kept.filter(({ madeAt, key }) => key.length === BYTES && now < madeAt + 2 * LIFETIME_MS);
  const [newest] = living;
  if (newest !== undefined && now < newest.madeAt + LIFETIME_MS) return keysOf(living);
  const made = [{ madeAt: now, key: randomBytes(BYTES) }, ...(newest === undefined ? [] : [newest])];
  const text = JSON.stringify(made.map(({ madeAt, key }) => ({ madeAt, key: key.toString("base64") })));
  await writeSecret(path, `${text}\n`);
  return keysOf(made);
}

function keysOf([current, before]: readonly KeptKey[]): TicketKeys {
  return { current: current!.key, ...(before === undefined ? {} : { before: before.key }) };
}

/** Nothing is lost with them but the short handshakes of the next reconnect: what cannot be read is made anew. */
async function read(path: string): Promise<readonly KeptKey[]> {
  const bytes = await readSecret(path);
  if (bytes === undefined) return [];
  // Before there were several, the file was the key.
  if (bytes.length === BYTES) return [{ madeAt: (await stat(path)).mtimeMs, key: bytes }];
  const kept = Kept.safeParse(jsonOf(bytes.toString()));
  return kept.success ? kept.data.map(({ madeAt, key }) => ({ madeAt, key: Buffer.from(key, "base64") })) : [];
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
