import type { Seat, Seats } from "./dialect.ts";

/**
 * Hands each seat to one at a time, first come first served. The seat that was given back last goes first: its
 * connection has the statements and the pages, and threads that nobody needs are never started.
 */
export function seatsOf(all: readonly Seat[]): Seats {
  const free = [...all];
  const queue: ((seat: Seat) => void)[] = [];
  return {
    take() {
      const seat = free.shift();
      return seat === undefined ? new Promise((resolve) => queue.push(resolve)) : Promise.resolve(seat);
    },
    give(seat) {
      const next = queue.shift();
      if (next === undefined) free.unshift(seat);
      else next(seat);
    },
  };
}
