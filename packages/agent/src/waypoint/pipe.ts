import type { Socket } from "node:net";
import { pipeline } from "node:stream";

export interface PipeTimes {
  /** No byte in either direction for so long ends it. */
  readonly idleMs: number;
  /** It ends then, whatever it does; absent: never. */
  readonly mostMs?: number;
}

/** What one end leaves behind is still brought to the other within this. */
const FLUSH_MS = 10_000;

/** Carries bytes both ways until an end closes; who reads slowly slows the other down. Calls `over` once, when both are closed. */
export function pipeBoth(one: Socket, other: Socket, { idleMs, mostMs }: PipeTimes, over: () => void): () => void {
  const ends = [one, other] as const;
  let closed = 0;
  let flush: NodeJS.Timeout | undefined;
  const cut = (): void => ends.forEach((end) => end.destroy());
  const most = mostMs === undefined ? undefined : setTimeout(cut, mostMs);
  for (const end of ends) {
    end.setTimeout(idleMs, cut);
    end.on("error", cut);
    end.once("close", () => {
      flush ??= setTimeout(cut, FLUSH_MS);
      closed += 1;
      if (closed < ends.length) return;
      clearTimeout(flush);
      clearTimeout(most);
      over();
    });
  }
  pipeline(one, other, ignore);
  pipeline(other, one, ignore);
  return cut;
}

function ignore(): void {
  // Both ends' "close" does what there is to do.
}
