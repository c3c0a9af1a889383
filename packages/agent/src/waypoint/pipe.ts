import type { Socket } from "node:net";

export interface PipeTimes {
  /** No byte in either direction for so long ends it. */
  readonly idleMs: number;
  /** It ends then, whatever it does; absent: never. */
  readonly mostMs?: number;
}

/** What one end leaves behind is still brought to the other within this. */
const FLUSH_MS = 10_000;

/** Carries bytes both ways until an end closes; who reads slowly slows the other down. Calls `over` once, when both are closed. */
export function pipeBoth(one: Socket, other: Socket, { idleMs, mostMs }: PipeTimes, over: () => void): void {
  let left = 2;
  let flush: NodeJS.Timeout | undefined;
  const cut = (): void => {
    one.destroy();
    other.destroy();
  };
  const most = mostMs === undefined ? undefined : setTimeout(cut, mostMs);
  const carry = (from: Socket, to: Socket): void => {
    from.setTimeout(idleMs, cut);
    from.on("error", () => from.destroy());
    from.once("close", () => {
      // By itself `pipe` leaves the other end open when this one was reset.
      to.end();
      flush ??= setTimeout(cut, FLUSH_MS);
      left -= 1;
      if (left > 0) return;
      clearTimeout(flush);
      clearTimeout(most);
      over();
    });
    from.pipe(to);
  };
  carry(one, other);
  carry(other, one);
}
