import { expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import { newcomer, openFleet } from "./fleet.testing.ts";
import { followSelector } from "./following.ts";

test("a selector that is followed picks hosts that come later, within the places of who follows", async () => {
  await using store = await engines[0]!.open();
  await using fleet = await openFleet(store);
  const here = { place: ["site", "aula-1"], labels: { ring: "test" } };
  const first = await fleet.attach(newcomer(1, here));
  const everybody = await followSelector(fleet, "all", undefined);
  const picked = await followSelector(fleet, "label:ring=test", ["site/aula-1"]);
  expect([picked.has(first.host), everybody.has(first.host)]).toEqual([true, true]);
  const later = await fleet.attach(newcomer(2, here));
  const elsewhere = await fleet.attach(newcomer(3, { ...here, place: ["site", "aula-2"] }));
  expect([picked.has(later.host), everybody.has(later.host)]).toEqual([false, true]);
  await picked.look();
  expect([picked.has(later.host), picked.has(elsewhere.host)]).toEqual([true, false]);
  await expect(followSelector(fleet, "label:", undefined)).rejects.toThrow(
    expect.objectContaining({ code: "selector.malformed" }),
  );
});
