import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLONE_WINDOW_MS, sight, type Turn } from "./clone.ts";

/** How many hellos of this row it takes to see two machines; undefined: never seen. */
function seenAfter(hellos: readonly Turn[]): number | undefined {
  let history: readonly Turn[] = [];
  for (const [i, hello] of hellos.entries()) {
    const { turns, cloned } = sight(history, hello);
    if (cloned) return i + 1;
    history = turns;
  }
  return undefined;
}

/** Boots of one machine, each with its processes, each of which connects so many times. */
const lives = fc.array(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 12,
});
const gaps = fc.infiniteStream(fc.integer({ min: 0, max: 20 * 60_000 }));

function hellosOf(life: readonly (readonly number[])[], name: string): Omit<Turn, "at">[] {
  return life.flatMap((processes, boot) =>
    processes.flatMap((connects, process) =>
      Array.from({ length: connects }, () => ({ bootId: `${name}-${boot}`, nonce: `${name}-${boot}-${process}` })),
    ),
  );
}

function timed(hellos: readonly Omit<Turn, "at">[], steps: Iterator<number>): Turn[] {
  let at = 1_000_000;
  return hellos.map((hello) => ({ ...hello, at: (at += steps.next().value as number) }));
}

describe("one agent", () => {
  test("never looks like two, however often it restarts, reboots and flaps", () => {
    fc.assert(
      fc.property(lives, gaps, (life, steps) => {
        expect(seenAfter(timed(hellosOf(life, "a"), steps))).toBeUndefined();
      }),
    );
  });

  test("does not when a hello of its last process is read too late", () => {
    fc.assert(
      fc.property(lives, gaps, fc.nat(), (life, steps, where) => {
        const hellos = hellosOf(life, "a");
        const i = where % hellos.length;
        if (i > 0) [hellos[i - 1], hellos[i]] = [hellos[i]!, hellos[i - 1]!];
        expect(seenAfter(timed(hellos, steps))).toBeUndefined();
      }),
    );
  });

  test("does not when it is set back to a snapshot once", () => {
    fc.assert(
      fc.property(lives, lives, gaps, fc.nat(), (life, after, steps, where) => {
        const hellos = hellosOf(life, "a");
        const back = hellos[where % hellos.length]!;
        expect(seenAfter(timed([...hellos, back, back, ...hellosOf(after, "b")], steps))).toBeUndefined();
      }),
    );
  });
});

describe("two machines with one key", () => {
  const quick = fc.infiniteStream(fc.integer({ min: 0, max: CLONE_WINDOW_MS / 8 }));

  test("are seen at the fifth connect when they take turns", () => {
    fc.assert(
      fc.property(quick, fc.boolean(), (steps, sameBootId) => {
        const two = [0, 1, 0, 1, 0, 1].map((n) => ({ nonce: `nonce-${n}`, bootId: sameBootId ? "boot" : `boot-${n}` }));
        expect(seenAfter(timed(two, steps))).toBe(5);
      }),
    );
  });

  test("are seen within eight turns though one of them restarts before each connect", () => {
    fc.assert(
      fc.property(quick, fc.boolean(), (steps, sameBootId) => {
        const two = Array.from({ length: 16 }, (_, i) => ({
          nonce: i % 2 === 0 ? `fresh-${i}` : "steady",
          bootId: sameBootId ? "boot" : `boot-${i % 2}`,
        }));
        expect(seenAfter(timed(two, steps))).toBeLessThanOrEqual(8);
      }),
    );
  });

  test("are seen though both restart before each connect", () => {
    fc.assert(
      fc.property(quick, (steps) => {
        const two = Array.from({ length: 8 }, (_, i) => ({ nonce: `fresh-${i}`, bootId: `boot-${i % 2}` }));
        expect(seenAfter(timed(two, steps))).toBeLessThanOrEqual(5);
      }),
    );
  });

  test("are seen within as many turns when each connects several times in a row", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }), (rows) => {
        const two = rows.flatMap((connects, i) =>
          Array.from({ length: connects }, () => ({ nonce: `nonce-${i % 2}`, bootId: `boot-${i % 2}` })),
        );
        const [a = 0, b = 0, c = 0, d = 0] = rows;
        expect(seenAfter(two.map((hello, i) => ({ ...hello, at: 1_000_000 + i * 60_000 })))).toBe(a + b + c + d + 1);
      }),
    );
  });
});

test("the history stays small", () => {
  fc.assert(
    fc.property(lives, gaps, (life, steps) => {
      let history: readonly Turn[] = [];
      for (const hello of timed(hellosOf(life, "a"), steps)) history = sight(history, hello).turns;
      expect(history.length).toBeLessThanOrEqual(16);
    }),
  );
});
