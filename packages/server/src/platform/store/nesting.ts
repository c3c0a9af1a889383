import { AsyncLocalStorage } from "node:async_hooks";
import type { Tables } from "./engine.ts";

type Write = Tables<unknown>["write"];

/** Refuses a change within a change: on SQLite it would wait for itself, forever. */
export function unnested(write: Write): Write {
  const around = new AsyncLocalStorage<{ over: boolean }>();
  return (change) => {
    if (around.getStore()?.over === false) {
      return Promise.reject(new TypeError("A change cannot begin within a change: hand the transaction on instead"));
    }
    // What a change left behind, a timer for one, may write again once the change is over.
    const mine = { over: false };
    const end = (): void => void (mine.over = true);
    return around.run(mine, () => write(change).finally(end));
  };
}
