import { expect, test } from "vitest";
import { recentEvents } from "./recent-events.ts";

const event = (id: string) => ({ kind: "changed", at: 0, host: 1, id, name: id }) as const;
const empty = { events: [], horizon: 0, revision: 0 };

test("tells what came after a revision, and nothing of revisions that are not yet", () => {
  const recent = recentEvents(empty, 100);
  recent.add([event("a"), event("b")], 3);
  recent.add([event("c")], 7);
  recent.add([], 9);
  const idsAfter = (revision: number) => recent.after(revision)?.map(({ id }) => id);
  expect([0, 3, 5, 7, 9, 10].map(idsAfter)).toEqual([["a", "b", "c"], ["c"], ["c"], [], [], undefined]);
  expect(recent.revision).toBe(9);
});

test("says that it does not know where events of a revision may have been dropped", () => {
  const recent = recentEvents(empty, 10);
  for (let revision = 1; revision <= 13; revision += 1) recent.add([event(`${revision}`)], revision);
  expect(recent.after(2)).toBeUndefined();
  expect(recent.after(3)).toHaveLength(10);
});

test("what was loaded with gaps is known from its horizon on only", () => {
  const recent = recentEvents({ events: [{ ...event("a"), revision: 6 }], horizon: 5, revision: 6 }, 10);
  expect(recent.after(4)).toBeUndefined();
  expect(recent.after(5)).toHaveLength(1);
});
