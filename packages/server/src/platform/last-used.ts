import type { Clock } from "./clock.ts";

const FLUSH_MS = 60_000;
/** Finer than this nobody needs to know, and every request would be a write. */
const GRAIN_MS = 60_000;

/** Remembers which credentials were used and tells the store now and then. */
export interface LastUsed extends AsyncDisposable {
  used(key: number, at: number): void;
}

export function lastUsed(needs: {
  readonly clock: Clock;
  readonly write: (used: ReadonlyMap<number, number>) => Promise<void>;
  readonly onError: (error: unknown) => void;
}): LastUsed {
  let pending = new Map<number, number>();
  let timer: Disposable | undefined;
  let writing: Promise<void> = Promise.resolve();

  function flush(): Promise<void> {
    timer?.[Symbol.dispose]();
    timer = undefined;
    if (pending.size === 0) return writing;
    const batch = pending;
    pending = new Map();
    writing = writing.then(() => needs.write(batch)).catch(needs.onError);
    return writing;
  }

  return {
    used(key, at) {
      pending.set(key, at - (at % GRAIN_MS));
      timer ??= needs.clock.after(FLUSH_MS, () => void flush());
    },
    [Symbol.asyncDispose]: () => flush(),
  };
}
