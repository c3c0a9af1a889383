import type { Log } from "../log/index.ts";
import { seal } from "./seal.ts";

export interface SealerNeeds {
  readonly folder: string;
  readonly log: Log;
  /** `segment` now lies compressed in `bytes`. */
  sealed(segment: number, bytes: number): void;
}

/** Compresses finished segments one after another, so that appending keeps a processor for itself. */
export interface Sealer extends AsyncDisposable {
  add(segment: number): void;
  /** Runs when no segment is being sealed. */
  between<T>(act: () => Promise<T>): Promise<T>;
}

export function createSealer({ folder, log, sealed }: SealerNeeds): Sealer {
  const abort = new AbortController();
  let chain: Promise<unknown> = Promise.resolve();

  function enqueue<T>(act: () => Promise<T>): Promise<T> {
    const result = chain.then(act);
    chain = result.catch(() => {});
    return result;
  }

  async function sealOne(segment: number): Promise<void> {
    if (abort.signal.aborted) return;
    try {
      sealed(segment, await seal(folder, segment, abort.signal));
    } catch (error) {
      // It stays readable as it is, and the next start tries again. Dropped meanwhile, there is nothing to do.
      if (abort.signal.aborted || (error as NodeJS.ErrnoException).code === "ENOENT") return;
      log.warn({ err: error, segment }, "a segment could not be sealed");
    }
  }

  return {
    add: (segment) => void enqueue(() => sealOne(segment)),
    between: enqueue,
    async [Symbol.asyncDispose]() {
      abort.abort();
      await chain;
    },
  };
}
