import { useSyncExternalStore } from "react";

/** Something that changes outside of React. `get` answers the same value until it tells its listeners. */
export interface Source<T> {
  get(): T;
  subscribe(listener: () => void): () => void;
}

export interface Cell<T> extends Source<T> {
  set(value: T): void;
}

export function cell<T>(initial: T): Cell<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Opened while somebody reads it; `open` returns how it is closed. */
export function whileRead<T>(state: Source<T>, open: () => () => void): Source<T> {
  let readers = 0;
  let close = (): void => undefined;
  return {
    get: state.get,
    subscribe(listener) {
      if (readers++ === 0) close = open();
      const leave = state.subscribe(listener);
      return () => {
        leave();
        if (--readers === 0) close();
      };
    },
  };
}

export function useSource<T>(source: Source<T>): T {
  return useSyncExternalStore(source.subscribe, source.get);
}
