/** Batches that wait for their reader, in order. */
export interface Inbox<Item> {
  readonly size: number;
  put(item: Item): void;
  /** Nothing will follow; with an error, the reader gets it after all that waits. */
  end(error?: Error): void;
  take(): Promise<IteratorResult<Item, undefined>>;
}

interface Waiter<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: Error): void;
}

export function createInbox<Item>(): Inbox<Item> {
  const items: Item[] = [];
  const waiters: Waiter<Item>[] = [];
  let ended: { readonly error?: Error } | undefined;

  return {
    get size() {
      return items.length;
    },
    put(item) {
      if (ended !== undefined) return;
      const waiter = waiters.shift();
      if (waiter === undefined) items.push(item);
      else waiter.resolve({ done: false, value: item });
    },
    end(error) {
      if (ended !== undefined) return;
      ended = error === undefined ? {} : { error };
      for (const waiter of waiters.splice(0)) {
        if (error === undefined) waiter.resolve({ done: true, value: undefined });
        else waiter.reject(error);
      }
    },
    async take() {
      const item = items.shift();
      if (item !== undefined) return { done: false, value: item };
      if (ended === undefined) return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
      const { error } = ended;
      // Told once, as an iterator does.
      ended = {};
      if (error !== undefined) throw error;
      return { done: true, value: undefined };
    },
  };
}
