import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { BoltAnswer, BoltRequest } from "./exchange.ts";

/** Where `/status` is served by all originals; one that does not offer it is asked at the first port it does. */
const STATUS_PORT = 5_000;
/** Full package lists of the originals have 180 kB. */
const MOST_BYTES = 4_194_304;
const MOST_DEPTH = 64;

/** A way to ask an agent: a bolt of its own, or that of a server in front of it. */
export interface Reach {
  readonly ports: readonly number[];
  exchange(request: BoltRequest): Promise<BoltAnswer>;
}

/** The agent's status as it says it. Throws `bolt.*`; an answer other than 200 is `bolt.refused`. */
export async function askStatus(reach: Reach, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const port = reach.ports.includes(STATUS_PORT) ? STATUS_PORT : reach.ports.find((each) => each > 0);
  if (port === undefined) throw new AtalayaError("bolt.refused", "the agent offers no port");
  const { status, body } = await reach.exchange({ port, method: "GET", path: "/status", signal });
  if (status !== 200) {
    await body.cancel();
    throw new AtalayaError("bolt.refused", `the agent answers ${status} for its status`);
  }
  return objectOf(await textOf(body));
}

/** Throws `bolt.malformed` beyond the limit. */
export async function textOf(body: ReadableStream<Uint8Array>, mostBytes = MOST_BYTES): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new AtalayaError("bolt.malformed", `an answer has more than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  const value = jsonOf(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value) && !isDeeper(value, MOST_DEPTH))
    return value as Readonly<Record<string, unknown>>;
  throw new AtalayaError("bolt.malformed", "the agent's status is no JSON object");
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AtalayaError("bolt.malformed", "the agent's answer is no JSON", { cause });
  }
}

/** What nests too deep would overflow the stack of whoever walks through it. */
function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((each) => isDeeper(each, depth - 1));
}

/** Asks again and again, never twice at once, and no two agents in step. Stops with the signal. */
export async function keepAsking(
  needs: { readonly clock: Clock; readonly everyMs: number; readonly signal: AbortSignal },
  ask: () => Promise<void>,
): Promise<void> {
  const { clock, everyMs, signal } = needs;
  while (!signal.aborted) {
    const began = clock.now();
    await ask();
    const period = everyMs * (0.85 + 0.3 * Math.random());
    await pause(clock, Math.max(everyMs / 10, period - (clock.now() - began)), signal);
  }
}

export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = clock.after(ms, resolve);
  const stop = (): void => {
    timer[Symbol.dispose]();
    resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
