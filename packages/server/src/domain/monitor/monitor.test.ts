import { describe, expect, test } from "vitest";
import type { SampleFrame } from "@atalaya/protocol";
import { createLocalBus } from "../../platform/bus/index.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Link, LinkListener } from "../link/index.ts";
import { createMonitorRoom } from "./monitor.ts";

const TEN_MINUTES = 600_000;

/** Time that a test turns by hand; what is due happens on the way. */
function handClock(start: number) {
  let now = start;
  const due = new Set<{ readonly at: number; readonly act: () => void }>();
  return {
    now: () => now,
    after(ms: number, act: () => void): Disposable {
      const one = { at: now + ms, act };
      due.add(one);
      return { [Symbol.dispose]: () => due.delete(one) };
    },
    pass(ms: number): void {
      const end = now + ms;
      for (;;) {
        const next = [...due].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due.delete(next);
        now = next.at;
        next.act();
      }
      now = end;
    },
  };
}

describe.each(engines)("the room of samples, on $name", ({ open }) => {
  test("means ten minutes once, also over restarts, and asks for samples only while somebody looks", async () => {
    await using store = await open();
    const clock = handClock(Math.floor(Date.now() / TEN_MINUTES) * TEN_MINUTES);
    const sent: { readonly leaseMs?: number }[] = [];
    const link = {
      host: 1,
      capabilities: new Set(["monitor"]),
      send: (frame: { readonly leaseMs?: number }) => sent.push(frame) > 0,
    } as unknown as Link;
    let listener: LinkListener | undefined;
    const links = {
      of: () => link,
      size: 1,
      attach(one: LinkListener) {
        listener = one;
        return { [Symbol.dispose]: () => undefined };
      },
    };
    const begin = () => createMonitorRoom({ store, links, bus: createLocalBus({ clock }), clock, log: silentLog });
    const more = {
      swap: { total: 4, used: 1 },
      disks: [{ mount: "/", total: 4, used: 3 }],
      networks: [{ name: "eth0", rxBytes: 0, txBytes: 0, rxBytesPerSecond: 1_000, txBytesPerSecond: 20 }],
      temperatures: [{ name: "cpu", celsius: 48 }],
    };
    const told = (cpu: number): SampleFrame => ({
      type: "sample",
      sample: { at: clock.now() + 5_000, cpu: { total: cpu, cores: [cpu] }, ...more },
      points: [[10_000, cpu, 1, 0.5, 0.25, 3_000, 40]],
      echo: { now: clock.now() - 200, heldMs: 100 },
    });
    {
      await using room = begin();
      listener!.up(link);
      listener!.aside!(link, told(0.2));
      clock.pass(60_000);
      listener!.aside!(link, told(0.4));
      expect(room.latest(1)!.sample.clockSkewMs).toBe(5_050);
      expect(sent).toMatchObject([{ type: "monitor", everyMs: 60_000 }]);
      room.watch(1);
      room.watch(1);
      expect(sent.slice(1)).toMatchObject([{ everyMs: 1_000, leaseMs: 30_000 }]);
      // What was not written yet is history, too, and who begins to look sees no hole.
      expect(await room.history(1, "hour")).toHaveLength(4);
      const looks: SampleFrame["points"] = [20_000, 10_000].map((ago) => [ago, 0.1, 1, 0.5]);
      listener!.aside!(link, { ...told(0.3), points: looks, sample: { at: 0, processes: [] } });
      expect(room.recent(1).map(({ at, cpu }) => [clock.now() - at, cpu])).toEqual([
        [20_000, 0.1],
        [10_000, 0.1],
        [0, null],
      ]);
      expect(await room.history(1, "hour")).toHaveLength(4);
    }
    clock.pass(2 * TEN_MINUTES);
    for (let n = 0; n < 3; n += 1) {
      await using room = begin();
      clock.pass(65_000);
      await expect.poll(async () => (await room.history(1, "month")).length).toBe(1);
    }
    await using room = begin();
    const [mean] = await room.history(1, "month");
    expect(mean).toMatchObject({ cpu: 0.3, memory: 0.5, swap: 0.25, disk: 0.75, rx: 2_000, tx: 30, celsius: 48 });
    expect(await room.history(1, "hour")).toHaveLength(4);
    expect(await room.history(1, "day")).toEqual([mean]);
  });
});
