import { AtalayaError } from "@atalaya/protocol";

/** What an engine is doing, so that it can close without cutting anything off. */
export interface Underway {
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Refuses what comes from now on and waits for the rest. */
  end(): Promise<void>;
}

export function createUnderway(): Underway {
  const running = new Set<Promise<unknown>>();
  let ended = false;
  return {
    run(work) {
      if (ended) return Promise.reject(new AtalayaError("store.unavailable", "The store is closed"));
      const promise = work();
      running.add(promise);
      const done = () => void running.delete(promise);
      promise.then(done, done);
      return promise;
    },
    async end() {
      ended = true;
      await Promise.allSettled(running);
    },
  };
}
