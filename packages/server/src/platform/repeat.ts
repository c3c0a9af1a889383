import type { Clock } from "./clock.ts";

export interface Repeated {
  readonly clock: Clock;
  /** Between the end of one time and the beginning of the next: two never overlap. */
  readonly everyMs: number;
  readonly act: () => Promise<unknown>;
  /** Told of a time that failed; the next one comes all the same. */
  readonly failed: (error: unknown) => void;
}

/** Acts again and again, first after `everyMs`, until it is disposed, which waits for what is under way. */
export function repeat({ clock, everyMs, act, failed }: Repeated): AsyncDisposable {
  let timer: Disposable | undefined;
  let acting: Promise<void> | undefined;
  let over = false;
  const arm = (): void => {
    timer = clock.after(everyMs, () => {
      acting = act()
        .then(() => undefined)
        .catch(failed)
        .finally(() => {
          if (!over) arm();
        });
    });
  };
  arm();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      timer?.[Symbol.dispose]();
      await acting;
    },
  };
}
