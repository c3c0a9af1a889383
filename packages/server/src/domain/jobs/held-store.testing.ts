/** A store whose reads or writes wait until they may go on, for tests of what happens meanwhile. */
import type { Store } from "../../platform/store/index.ts";

type Kind = "read" | "write";

/** Those that came while it holds wait; `letGo` lets these through and holds no more. */
export interface Hold extends Disposable {
  /** Resolves when the first one waits. */
  readonly reached: Promise<void>;
  letGo(): void;
}

export interface HeldStore extends Store {
  hold(kind: Kind): Hold;
}

export function heldStore(store: Store): HeldStore {
  const gates = new Map<Kind, () => Promise<void>>();
  const passed = (kind: Kind) => gates.get(kind)?.() ?? Promise.resolve();
  const held = {
    ...store,
    tables<Schema>() {
      const tables = store.tables<Schema>();
      return {
        ...tables,
        read: (query: Parameters<typeof tables.read>[0]) => passed("read").then(() => tables.read(query)),
        write: (change: Parameters<typeof tables.write>[0]) => passed("write").then(() => tables.write(change)),
        writeOne: (...of: Parameters<typeof tables.writeOne>) => passed("write").then(() => tables.writeOne(...of)),
        writeStamped: (...of: Parameters<typeof tables.writeStamped>) =>
          passed("write").then(() => tables.writeStamped(...of)),
      };
    },
    hold(kind: Kind): Hold {
      const came = Promise.withResolvers<void>();
      const open = Promise.withResolvers<void>();
      const gate = () => {
        came.resolve();
        return open.promise;
      };
      gates.set(kind, gate);
      const letGo = () => {
        if (gates.get(kind) === gate) gates.delete(kind);
        open.resolve();
      };
      return { reached: came.promise, letGo, [Symbol.dispose]: letGo };
    },
  };
  return held as HeldStore;
}
