import { setTimeout as sleep } from "node:timers/promises";
import { AtalayaError } from "@atalaya/protocol";

interface Waiting<Item, Answer> {
  readonly item: Item;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Serves calls together: those that come while a batch is under way form the next one. One call alone waits for
 * nobody; ten thousand at once become a handful of queries. `serve` answers in the order of its items; when it throws,
 * the whole batch fails. Where a batch costs much more than what one more call adds, `restMs` pass between the beginnings
 * of two: then a storm is served in fewer and larger ones, and a call that comes alone still waits for nobody.
 */
export function inBatches<Item, Answer>(
  serve: (items: readonly Item[]) => Promise<readonly Answer[]>,
  {
    most = 1_000,
    waitingMost = 50_000,
    restMs = 0,
  }: { readonly most?: number; readonly waitingMost?: number; readonly restMs?: number } = {},
): (item: Item) => Promise<Answer> {
  let waiting: Waiting<Item, Answer>[] = [];
  let busy = false;
  let lastAt = -Infinity;

  async function serveAll(): Promise<void> {
    busy = true;
    // What comes in this turn of the event loop goes along: a storm's first call would else be a batch of its own.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const restedMs = performance.now() - lastAt;
      if (restedMs < restMs) await sleep(restMs - restedMs);
      lastAt = performance.now();
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const answers = await serve(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, i) => resolve(answers[i]!));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  }

  return (item) => {
    if (waiting.length >= waitingMost) {
      return Promise.reject(new AtalayaError("server.busy", "too many requests of one kind wait for the store"));
    }
    return new Promise<Answer>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!busy) void serveAll();
    });
  };
}
