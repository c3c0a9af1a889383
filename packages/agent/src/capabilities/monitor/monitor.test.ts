import type { SampleFrame } from "@atalaya/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silentLog } from "../../platform/log.ts";
import { createMonitor } from "./monitor.ts";
import { createSampler } from "./sampler.ts";

beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"] }),
);
afterEach(() => void vi.useRealTimers());

test("who begins to watch gets the looks since the last slow sample at once", async () => {
  const sent: SampleFrame[] = [];
  const monitor = createMonitor({
    sampler: createSampler(),
    log: silentLog,
    random: () => 1,
    send: (frame) => sent.push(frame),
  });
  monitor.wanted({ type: "monitor", everyMs: 60_000, now: 0 });
  vi.advanceTimersByTime(35_000);
  monitor.wanted({ type: "monitor", everyMs: 1_000, leaseMs: 30_000, now: 0 });
  await vi.waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]!.points!.map(([ago]) => Math.round(ago / 1_000))).toEqual([25, 15, 5]);
  expect(sent[0]!.sample.processes!.length).toBeGreaterThan(0);
  vi.advanceTimersByTime(1_000);
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]!.points).toBeUndefined();
  // The next slow one has them all the same: history is made of those.
  vi.advanceTimersByTime(24_000);
  await vi.waitFor(() => expect(sent.findLast(({ points }) => points !== undefined)!.points).toHaveLength(6));
  monitor.down();
});
