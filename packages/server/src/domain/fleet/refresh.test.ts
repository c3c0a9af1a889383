import { expect, test } from "vitest";
import { createLocalBus } from "../../platform/bus/index.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createDirectory } from "./directory.ts";
import { handClock } from "./fleet.testing.ts";
import { keepFresh } from "./refresh.ts";

test("who asks for freshness gets a read that began after they asked, and never two go on at once", async () => {
  let committed = 1;
  let under = 0;
  let most = 0;
  const store = {
    revision: async () => committed,
    async changesAfter() {
      under += 1;
      most = Math.max(most, under);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
    },
  };
  const clock = handClock();
  const bus = createLocalBus({ clock });
  await using refresh = await keepFresh({ directory: createDirectory(), store, bus, clock, log: silentLog });
  const ask = async (turns: number) => {
    for (let i = 0; i < turns; i++) await Promise.resolve();
    // Again at once: that is the moment when one read has ended and the next has not begun.
    for (let times = 0; times < 5; times++) {
      committed += 1;
      const asked = committed;
      await refresh.fresh();
      expect(refresh.revision).toBeGreaterThanOrEqual(asked);
    }
  };
  for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, (_, i) => ask(i % 7)));
  expect(most).toBe(1);
});

test("a read that fails is told to who waits for it, and the next one goes on", async () => {
  let fails = false;
  let committed = 1;
  const store = {
    revision: async () => committed,
    async changesAfter() {
      if (fails) throw new Error("no store");
    },
  };
  const clock = handClock();
  const bus = createLocalBus({ clock });
  await using refresh = await keepFresh({ directory: createDirectory(), store, bus, clock, log: silentLog });
  [fails, committed] = [true, 2];
  const answers = await Promise.allSettled([refresh.fresh(), refresh.fresh()]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  await refresh.fresh();
  expect(refresh.revision).toBe(2);
});
