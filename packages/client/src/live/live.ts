/**
 * Follows topics over one WebSocket, opened with the first subscription and closed with the last. When it breaks, it
 * comes back with jitter and every subscription goes on from its last cursor: nothing is missed, nothing comes twice.
 * A reader that lags does not grow our memory: its subscription is given up and taken up again once it has caught up.
 */
import { ClientError, mayRetry } from "../client-error.ts";
import { asError } from "../retry.ts";
import { nextWait, type BackoffLimits } from "./backoff.ts";
import { readServerFrame, type LiveEvent, type ServerFrame } from "./frames.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import type { LiveSocket, OpenLiveSocket } from "./socket.ts";

/** Batches that may wait for one reader. */
const MAX_WAITING = 64;
/** A topic that fails so often without a batch between is told to the reader. */
const MAX_FAILURES = 5;

export interface LiveBatch {
  readonly events: readonly LiveEvent[];
  /** Give it as `since` to go on after this batch. */
  readonly cursor: number;
}

export interface LiveOptions {
  readonly since?: number;
  readonly signal?: AbortSignal;
}

/** Starts at once, ends with `return`, `break`, the signal, or when the topic says that nothing will follow. */
export interface LiveSubscription extends AsyncIterableIterator<LiveBatch, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

export interface Live {
  subscribe(topic: string, params?: Readonly<Record<string, unknown>>, options?: LiveOptions): LiveSubscription;
  /** Told when the connection is lost and when it is back. */
  onState(listener: (state: "connected" | "reconnecting") => void): () => void;
  close(): void;
}

export interface LiveNeeds {
  readonly open: OpenLiveSocket;
  /** From 0 to 1. */
  random(): number;
  readonly backoff?: BackoffLimits;
  /** How long an unreachable server is waited for, once it was reached. */
  readonly patienceMs?: number;
}

interface Follower {
  readonly topic: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inbox: Inbox<LiveBatch>;
  cursor: number | undefined;
  /** On this connection; undefined while it waits for its reader or for the connection. */
  id: number | undefined;
  /** Events of a commit that has not come whole yet. Void when the connection breaks: then it comes again. */
  parts: readonly LiveEvent[];
  failures: number;
  again?: ReturnType<typeof setTimeout>;
}

export function createLive(needs: LiveNeeds): Live {
  const { backoff = { baseMs: 200, maxMs: 10_000 }, patienceMs = 600_000 } = needs;
  const followers = new Set<Follower>();
  const byId = new Map<number, Follower>();
  const listeners = new Set<(state: "connected" | "reconnecting") => void>();
  let socket: LiveSocket | undefined;
  let isOpen = false;
  let nextId = 1;
  let waitMs = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reachedBefore = false;
  let lostAt = 0;
  /** What the server said about the whole connection before it closed. */
  let lastWords: ClientError | undefined;

  function connect(): void {
    timer = undefined;
    lastWords = undefined;
    const mine: LiveSocket = needs.open({
      opened() {
        if (socket !== mine) return mine.close();
        isOpen = true;
        reachedBefore = true;
        for (const follower of followers) ask(follower);
        for (const listener of listeners) listener("connected");
      },
      heard(text) {
        const frame = socket === mine ? readServerFrame(text) : undefined;
        if (frame === undefined) return;
        waitMs = 0;
        hear(frame);
      },
      closed(error) {
        if (socket === mine) lost(error);
      },
    });
    socket = mine;
  }

  function ask(follower: Follower): void {
    if (!isOpen || follower.id !== undefined || follower.inbox.size >= MAX_WAITING) return;
    follower.id = nextId++;
    follower.parts = [];
    byId.set(follower.id, follower);
    const { id, topic, params, cursor } = follower;
    say({ type: "subscribe", id, topic, params, ...(cursor === undefined ? {} : { since: cursor }) });
  }

  function say(frame: unknown): void {
    socket?.send(JSON.stringify(frame));
  }

  function hear(frame: ServerFrame): void {
    if (frame.type === "error" && frame.id === undefined) {
      lastWords = new ClientError({ code: frame.code, detail: frame.message });
      return;
    }
    // Of an id that was given up, frames may still be under way.
    const follower = byId.get(frame.id ?? -1);
    if (follower === undefined) return;
    if (frame.type === "batch") return deliver(follower, frame);
    if (frame.type === "done") return end(follower);
    if (frame.type === "error") return failed(follower, new ClientError({ code: frame.code, detail: frame.message }));
  }

  function deliver(follower: Follower, { events, cursor, part }: Extract<ServerFrame, { type: "batch" }>): void {
    follower.failures = 0;
    if (part) {
      follower.parts = [...follower.parts, ...events];
      return;
    }
    follower.cursor = cursor;
    follower.inbox.put({ events: [...follower.parts, ...events], cursor });
    follower.parts = [];
    if (follower.inbox.size >= MAX_WAITING) giveUp(follower);
  }

  /** Its reader lags, or it failed: it is asked for again later, from its cursor. */
  function giveUp(follower: Follower): void {
    if (follower.id === undefined) return;
    say({ type: "unsubscribe", id: follower.id });
    byId.delete(follower.id);
    follower.id = undefined;
  }

  function failed(follower: Follower, error: ClientError): void {
    if (!mayRetry(error.code) || ++follower.failures >= MAX_FAILURES) return end(follower, error);
    if (follower.id !== undefined) byId.delete(follower.id);
    follower.id = undefined;
    const wait = nextWait(follower.failures * backoff.baseMs, backoff, needs.random());
    follower.again = setTimeout(() => ask(follower), wait);
  }

  function end(follower: Follower, error?: Error): void {
    if (!followers.delete(follower)) return;
    clearTimeout(follower.again);
    if (follower.id !== undefined) byId.delete(follower.id);
    follower.inbox.end(error);
    if (followers.size === 0) disconnect();
  }

  function disconnect(): void {
    clearTimeout(timer);
    timer = undefined;
    const last = socket;
    socket = undefined;
    isOpen = false;
    reachedBefore = false;
    waitMs = 0;
    byId.clear();
    last?.close();
  }

  function lost(error: Error | undefined): void {
    const now = Date.now();
    if (isOpen) lostAt = now;
    socket = undefined;
    isOpen = false;
    byId.clear();
    for (const follower of followers) follower.id = undefined;
    const reason = lastWords ?? error;
    const isFinal = reason instanceof ClientError && !mayRetry(reason.code);
    if (isFinal || !reachedBefore || now - lostAt > patienceMs) {
      const told = reason ?? new ClientError({ code: "server.unreachable", detail: "The live connection broke." });
      for (const follower of [...followers]) end(follower, told);
      return;
    }
    waitMs = nextWait(waitMs, backoff, needs.random());
    timer = setTimeout(connect, waitMs);
    for (const listener of listeners) listener("reconnecting");
  }

  return {
    subscribe(topic, params = {}, { since, signal } = {}) {
      const follower: Follower = {
        topic,
        params,
        inbox: createInbox(),
        cursor: since,
        id: undefined,
        parts: [],
        failures: 0,
      };
      const aborted = () => leave(follower, asError(signal?.reason));
      const leave = (one: Follower, reason?: Error) => {
        signal?.removeEventListener("abort", aborted);
        giveUp(one);
        end(one, reason);
      };
      followers.add(follower);
      if (signal?.aborted === true) aborted();
      else signal?.addEventListener("abort", aborted, { once: true });
      if (followers.size > 0 && socket === undefined && timer === undefined) connect();
      else ask(follower);

      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          const result = await follower.inbox.take();
          if (follower.inbox.size === 0 && followers.has(follower)) ask(follower);
          return result;
        },
        async return() {
          leave(follower);
          return { done: true, value: undefined };
        },
      };
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      for (const follower of [...followers]) end(follower);
      disconnect();
    },
  };
}
