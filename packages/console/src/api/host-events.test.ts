import { expect, test } from "vitest";
import type { Host } from "./hosts.ts";
import { FULL_BATCH, noHosts, withEvents } from "./host-events.ts";

const host = (name: string) => ({ type: "host", host: { id: `id-${name}`, name } as Host });
const names = ({ set }: ReturnType<typeof noHosts>) => set.sorted().map(({ name }) => name);

test("hosts come, go, and are complete with the first batch that is not full", () => {
  const many = Array.from({ length: FULL_BATCH }, (_, at) => host(`pc-${at + 1}`));
  const first = withEvents(noHosts(), many);
  expect(first.isComplete).toBe(false);
  const second = withEvents(first, [host("real"), { type: "host-gone", id: "id-pc-2" }]);
  expect(second.isComplete).toBe(true);
  expect(names(second).slice(0, 2)).toEqual(["pc-1", "pc-3"]);
  expect(names(second)).toHaveLength(FULL_BATCH);
});

test("after a reset only those are there that follow it", () => {
  const before = withEvents(noHosts(), [host("pc-1"), host("pc-2")]);
  expect(names(withEvents(before, [{ type: "hosts-reset" }, host("pc-2")]))).toEqual(["pc-2"]);
  const full = [{ type: "hosts-reset" }, ...Array.from({ length: FULL_BATCH }, (_, at) => host(`new-${at}`))];
  expect(withEvents(before, full).isComplete).toBe(false);
});
