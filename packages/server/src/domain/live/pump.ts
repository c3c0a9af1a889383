/**
 * Carries batches from topics to one socket. Subscriptions take turns, one read at a time, and only while the socket has
 * room: a slow client holds no more of our memory than its limit and one batch, whatever it subscribed to. The bus only
 * hurries; every 2 seconds each subscription looks by itself.
 */
import type { Bus } from "../../platform/bus/bus.ts";
import type { Clock } from "../../platform/clock.ts";
import type { ServerFrame } from "./frames.ts";
import type { Cursor, TopicReader } from "./topic.ts";

const LOOK_MS = 2_000;

export interface Outlet {
  hasRoom(): boolean;
  send(frame: ServerFrame): void;
}

export interface Pump extends Disposable {
  add(id: number, reader: TopicReader, since: Cursor | undefined): void;
  remove(id: number): void;
  /** The outlet has room again. */
  resume(): void;
}

interface Subscription {
  readonly id: number;
  readonly reader: TopicReader;
  readonly hints: DisposableStack;
  cursor: Cursor | undefined;
  /** The first batch is sent even when empty: the client learns that it has caught up. */
  told: boolean;
}

export interface PumpNeeds {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly outlet: Outlet;
  /** A read failed: its subscription is over. */
  failed(id: number, error: unknown): void;
  /** A topic said that nothing will follow. */
  ended(id: number): void;
}

export function createPump({ bus, clock, outlet, failed, ended }: PumpNeeds): Pump {
  const subscriptions = new Map<number, Subscription>();
  /** Who may have something to read, in the order of their turns. */
  const ready = new Set<Subscription>();
  let running = false;
  let timer = clock.after(LOOK_MS, lookAll);

  function lookAll(): void {
    for (const subscription of subscriptions.values()) ready.add(subscription);
    timer = clock.after(LOOK_MS, lookAll);
    void run();
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    try {
      // A set's iteration also comes to what is added on the way, so this goes on until nobody is ready.
      for (const subscription of ready) {
        if (!outlet.hasRoom()) break;
        // Before the read, so that a hint that comes meanwhile gives it another turn.
        ready.delete(subscription);
        await turn(subscription);
      }
    } finally {
      running = false;
    }
  }

  async function turn(subscription: Subscription): Promise<void> {
    const { id, reader } = subscription;
    const isOver = () => subscriptions.get(id) !== subscription;
    try {
      const { events, cursor, part, more, done } = await reader.read(subscription.cursor);
      if (isOver()) return;
      if (events.length > 0 || cursor !== subscription.cursor || !subscription.told) {
        outlet.send({ type: "batch", id, events, cursor, ...(part === true ? { part } : {}) });
        subscription.told = true;
      }
      subscription.cursor = cursor;
      if (more) ready.add(subscription);
      else if (done === true) {
        remove(id);
        outlet.send({ type: "done", id });
        ended(id);
      }
    } catch (error) {
      if (isOver()) return;
      remove(id);
      failed(id, error);
    }
  }

  function remove(id: number): void {
    const subscription = subscriptions.get(id);
    if (subscription === undefined) return;
    subscriptions.delete(id);
    ready.delete(subscription);
    subscription.hints.dispose();
  }

  return {
    add(id, reader, since) {
      const hints = new DisposableStack();
      const subscription: Subscription = { id, reader, hints, cursor: since, told: false };
      subscriptions.set(id, subscription);
      for (const subject of reader.subjects) {
        hints.use(
          bus.on(subject, () => {
            ready.add(subscription);
            void run();
          }),
        );
      }
      ready.add(subscription);
      void run();
    },
    remove,
    resume: () => void run(),
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      for (const id of [...subscriptions.keys()]) remove(id);
    },
  };
}
