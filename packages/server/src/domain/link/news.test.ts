import { expect, test } from "vitest";
import { movableClock } from "../../platform/clock.testing.ts";
import { silentLog } from "../../platform/log/index.ts";
import type { LinkDown, LinkUp } from "../fleet/index.ts";
import { createNews } from "./news.ts";

const gone: LinkDown = { system: 1, host: 1, reason: "closed", at: 5, epoch: 3 };
const here: LinkUp = {
  system: 1,
  host: 1,
  enrolment: "enr_1",
  address: "192.0.2.1",
  agentVersion: "0.1.0",
  bootId: "b",
  nonce: "n",
  fingerprint: { macs: [] },
  capabilities: [],
  at: 1,
  epoch: 3,
};

/** A fleet that fails so many times and writes down what it took. */
function fleetThatFails(times: number) {
  let left = times;
  const took: unknown[] = [];
  const take = async (link: unknown): Promise<void> => {
    if (left-- > 0) throw new Error("the store is away");
    took.push(link);
  };
  return { took, fleet: { linkUp: take, linkDown: take } };
}

test("that a link is gone is told until the fleet has taken it", async () => {
  const clock = movableClock();
  const { fleet, took } = fleetThatFails(2);
  using news = createNews({ fleet, clock, log: silentLog });
  news.down(gone);
  for (const expected of [0, 0, 1, 1]) {
    await news.settled();
    expect(took).toHaveLength(expected);
    clock.move(2_000);
  }
  expect(took).toEqual([gone]);
});

test("of a link that the fleet did not take, whoever told it hears", async () => {
  const { fleet, took } = fleetThatFails(1);
  using news = createNews({ fleet, clock: movableClock(), log: silentLog });
  const failed: string[] = [];
  news.up(here, () => failed.push("first"));
  await news.settled();
  news.up(here, () => failed.push("second"));
  await news.settled();
  expect([failed, took]).toEqual([["first"], [here]]);
});

test("nothing is told again once it is over", async () => {
  const clock = movableClock();
  const { fleet, took } = fleetThatFails(1);
  const news = createNews({ fleet, clock, log: silentLog });
  news.down(gone);
  await news.settled();
  news[Symbol.dispose]();
  clock.move(10_000);
  await news.settled();
  expect(took).toEqual([]);
});
