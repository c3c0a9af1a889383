import { AtalayaError } from "@atalaya/protocol";
import { openSource, type Source } from "./source.ts";

/** Opened segments, the most recently used kept open. */
export interface Sources extends AsyncDisposable {
  with<T>(segment: number, use: (source: Source) => Promise<T>): Promise<T>;
  /** Opens the segment anew at its next use: it was sealed or dropped. */
  forget(segment: number): void;
}

interface Opened {
  readonly source: Promise<Source>;
  users: number;
  forgotten: boolean;
}

const MAX_OPEN = 16;

export function createSources(folder: string): Sources {
  const opened = new Map<number, Opened>();
  const closing = new Set<Promise<void>>();
  let over = false;

  function take(segment: number): Opened {
    const known = opened.get(segment) ?? { source: openSource(folder, segment), users: 0, forgotten: false };
    known.users += 1;
    opened.delete(segment);
    opened.set(segment, known);
    const [oldest] = opened.keys();
    if (opened.size > MAX_OPEN && oldest !== undefined) forget(oldest);
    return known;
  }

  function forget(segment: number): void {
    const known = opened.get(segment);
    if (known === undefined) return;
    opened.delete(segment);
    known.forgotten = true;
    if (known.users === 0) close(known);
  }

  function close({ source }: Opened): void {
    const closed = source.then((it) => it.close()).catch(() => {});
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  }

  return {
    async with(segment, use) {
      // What is opened after the end nobody would close.
      if (over) throw new AtalayaError("store.unavailable", "The segments are closed");
      const known = take(segment);
      try {
        return await use(await known.source);
      } catch (error) {
        // What could not be opened is tried again by the next reader.
        if (opened.get(segment) === known) forget(segment);
        throw error;
      } finally {
        known.users -= 1;
        if (known.users === 0 && known.forgotten) close(known);
      }
    },
    forget,
    async [Symbol.asyncDispose]() {
      over = true;
      for (const segment of [...opened.keys()]) forget(segment);
      await Promise.all(closing);
    },
  };
}
