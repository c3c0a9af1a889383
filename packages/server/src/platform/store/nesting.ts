import { AsyncLocalStorage } from "node:async_hooks";

/** Runs changes, and refuses one within another: on SQLite it would wait for itself, forever. */
export function unnested(): <T>(change: () => Promise<T>) => Promise<T> {
  const around = new AsyncLocalStorage<{ over: boolean }>();
  return (change) => {
    if (around.getStore()?.over === false) {
      return Promise.reject(new TypeError("A change cannot begin within a change: hand the transaction on instead"));
    }
    // What a change left behind, a timer for one, may write again once the change is over.
    const mine = { over: false };
    const end = (): void => void (mine.over = true);
    return around.run(mine, () => change().finally(end));
  };
}
