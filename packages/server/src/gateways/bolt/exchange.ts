/**
 * One HTTP exchange over a bolt: a stream `relay:<port>`, one frame with the request, and frames with the answer. The
 * protocol carries neither request headers nor bytes: bodies are JSON there and text back.
 */
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { Mux, SubStream } from "./mux.ts";

export interface BoltRequest {
  readonly port: number;
  readonly method: string;
  /** Path with its query; never a whole URL: agents would follow it anywhere. */
  readonly path: string;
  /** The body, as JSON. */
  readonly data?: unknown;
  readonly signal?: AbortSignal;
}

export interface BoltAnswer {
  readonly status: number;
  /** Lower-case names, repeated headers as several entries; without those of one connection. */
  readonly headers: readonly (readonly [string, string])[];
  /** UTF-8. It fails with `bolt.gone` or `bolt.timed-out` when the agent goes away in the middle. */
  readonly body: ReadableStream<Uint8Array>;
}

export interface ExchangeLimits {
  /** Until the answer begins. Agents answer 408 by themselves after 20 s. */
  readonly answerMs?: number;
  /** Between two pieces of the answer. */
  readonly idleMs?: number;
}

const ANSWER_MS = 25_000;
const IDLE_MS = 60_000;
/** A body ahead of its reader: then the agent is asked to pause, and if it does not listen, cut off. */
const AHEAD_BYTES = 262_144;
const MOST_AHEAD_BYTES = 16_777_216;
const TOKEN = /^[A-Za-z!#$%&'*+.^_`|~0-9-]{1,64}$/;
const PATH = /^\/(?!\/)[\x21-\x7e]*$/;
/** Segments that lead out of where the path begins, at agents or servers between that resolve them. */
const DOTS = /\/(?:\.|%2e){1,2}(?:[/?#\\]|%2f|%5c|$)/i;
/** RFC 9110, 7.6.1, and the length: text that was damaged on its way has another. */
const OF_ONE_HOP = new Set([
  ...["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection"],
  ...["te", "trailer", "transfer-encoding", "upgrade", "content-length", "content-encoding"],
]);

/** Throws `request.malformed` for what could lead anywhere but below the path's beginning. */
export function checkRequest({ method, path }: Pick<BoltRequest, "method" | "path">): void {
  if (TOKEN.test(method) && PATH.test(path) && !DOTS.test(path)) return;
  throw new AtalayaError(
    "request.malformed",
    "a relayed request has a method, and a path that begins with one slash and has no dot segments",
  );
}

/** Resolves when the answer begins. Throws `request.malformed`, `bolt.refused`, `.malformed`, `.gone`, `.timed-out`. */
export function exchangeOver(
  mux: Mux,
  clock: Clock,
  request: BoltRequest,
  { answerMs = ANSWER_MS, idleMs = IDLE_MS }: ExchangeLimits = {},
): Promise<BoltAnswer> {
  const { port, method, path, data, signal } = request;
  checkRequest(request);
  const { promise, resolve, reject } = Promise.withResolvers<BoltAnswer>();
  const preamble = JSON.stringify({ method, url: path, ...(data === undefined ? {} : { data }) });
  const body = bodyOf(() => stream);
  let began = false;
  let isWhole = false;
  let timer: Disposable | undefined;

  function fail(error: unknown): void {
    timer?.[Symbol.dispose]();
    reject(error);
    body.fail(error);
    stream.close();
  }
  function wait(ms: number): void {
    timer?.[Symbol.dispose]();
    timer = clock.after(ms, () => fail(new AtalayaError("bolt.timed-out", `no answer within ${ms / 1000} s`)));
  }
  const cancelled = (): void => fail(signal?.reason ?? new AtalayaError("bolt.gone", "the call was given up"));

  const stream: SubStream = mux.open(
    { meta: `relay:${port}`, writable: true, readable: true },
    {
      data(chunk) {
        if (began) {
          wait(idleMs);
          if (!body.push(chunk)) fail(new AtalayaError("bolt.malformed", "the answer is not read as fast as it comes"));
          return;
        }
        const head = headOf(chunk);
        if (head === undefined) return fail(new AtalayaError("bolt.malformed", "the agent's answer has no status"));
        began = true;
        wait(idleMs);
        resolve({ ...head, body: body.readable });
      },
      end() {
        isWhole = true;
        timer?.[Symbol.dispose]();
        if (!began) return fail(new AtalayaError("bolt.refused", `the agent refuses port ${port}`));
        body.end();
        stream.close();
      },
      closed() {
        timer?.[Symbol.dispose]();
        signal?.removeEventListener("abort", cancelled);
        if (isWhole) return;
        const gone = new AtalayaError("bolt.gone", "the agent went away before it had answered");
        reject(gone);
        body.fail(gone);
      },
    },
  );
  wait(answerMs);
  stream.send(preamble);
  stream.end();
  if (signal?.aborted === true) cancelled();
  else signal?.addEventListener("abort", cancelled, { once: true });
  return promise;
}

function headOf(chunk: string): Pick<BoltAnswer, "status" | "headers"> | undefined {
  try {
    const { statusCode, headers } = JSON.parse(chunk) as { readonly statusCode?: unknown; readonly headers?: unknown };
    if (typeof statusCode !== "number" || !Number.isInteger(statusCode)) return undefined;
    if (statusCode < 200 || statusCode > 599) return undefined;
    return { status: statusCode, headers: headersOf(headers) };
  } catch {
    return undefined;
  }
}

function headersOf(headers: unknown): BoltAnswer["headers"] {
  if (typeof headers !== "object" || headers === null) return [];
  return Object.entries(headers)
    .slice(0, 200)
    .flatMap(([key, value]) => {
      const name = key.toLowerCase();
      if (!TOKEN.test(name) || OF_ONE_HOP.has(name)) return [];
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      return values.slice(0, 50).flatMap((each) => {
        const text = typeof each === "number" ? String(each) : each;
        return typeof text === "string" && /^[\t\x20-\x7e\x80-\xff]{0,8192}$/.test(text) ? [[name, text] as const] : [];
      });
    });
}

function bodyOf(stream: () => SubStream) {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isOver = false;
  let isPaused = false;
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (made) => void (controller = made),
      pull() {
        if (!isPaused) return;
        isPaused = false;
        stream().resume();
      },
      cancel() {
        isOver = true;
        stream().close();
      },
    },
    { highWaterMark: AHEAD_BYTES, size: (chunk) => chunk!.byteLength },
  );
  return {
    readable,
    /** False: far more is ahead of the reader than was asked for. */
    push(chunk: string): boolean {
      if (isOver || chunk === "") return true;
      controller!.enqueue(encoder.encode(chunk));
      const room = controller!.desiredSize ?? 0;
      if (room <= 0 && !isPaused) {
        isPaused = true;
        stream().pause();
      }
      return room > -MOST_AHEAD_BYTES;
    },
    end() {
      if (!isOver) controller!.close();
      isOver = true;
    },
    fail(error: unknown) {
      if (!isOver) controller!.error(error);
      isOver = true;
    },
  };
}
