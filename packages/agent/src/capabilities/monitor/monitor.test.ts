import type { SampleFrame } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { silentLog } from "../../platform/log.ts";
import { createMonitor } from "./monitor.ts";
import { createSampler } from "./sampler.ts";

test("who begins to watch gets the looks since the last slow sample at once, and history gets them too", async () => {
  const sent: SampleFrame[] = [];
  const sampler = createSampler();
  let looks = 0;
  const monitor = createMonitor({
    sampler: {
      ...sampler,
      look() {
        looks += 1;
        return sampler.look();
      },
    },
    log: silentLog,
    random: () => 0,
    lookMs: 10,
    send: (frame) => sent.push(frame),
  });
  // With no luck in the lot the slow sample comes after a second, when a fast one is due as well.
  monitor.wanted({ type: "monitor", everyMs: 60_000, now: 0 });
  await expect.poll(() => looks, { interval: 5 }).toBeGreaterThan(2);
  monitor.wanted({ type: "monitor", everyMs: 500, leaseMs: 30_000, now: 0 });
  await expect.poll(() => sent.length, { interval: 5 }).toBe(1);
  expect(sent[0]!.points!.length).toBeGreaterThan(2);
  expect(sent[0]!.sample.processes!.length).toBeGreaterThan(0);
  await expect.poll(() => sent.length, { timeout: 5_000 }).toBeGreaterThan(3);
  expect(sent[1]!.points).toBeUndefined();
  const slow = sent.filter(({ sample }) => sample.processes === undefined);
  expect(slow.map(({ points }) => points!.length)).toEqual([12]);
  monitor.down();
});
