/** Acts on the same key one after the other, acts on different keys side by side. Keeps nothing of a key at rest. */
export function inTurns<Key>(): <T>(key: Key, act: () => Promise<T>) => Promise<T> {
  const last = new Map<Key, Promise<unknown>>();
  return async (key, act) => {
    const turn = (last.get(key) ?? Promise.resolve()).then(act, act);
    last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (last.get(key) === turn) last.delete(key);
    }
  };
}
