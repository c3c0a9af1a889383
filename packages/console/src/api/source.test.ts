import { expect, test } from "vitest";
import { cell, whileRead } from "./source.ts";

test("what is opened for its readers is opened once, closed with the last of them, and opened again for the next", () => {
  const told: string[] = [];
  const state = cell(0);
  const source = whileRead(state, () => {
    told.push("open");
    return () => void told.push("close");
  });
  const [one, other] = [source.subscribe(() => told.push("heard")), source.subscribe(() => undefined)];
  state.set(1);
  expect(source.get()).toBe(1);
  one();
  state.set(2);
  other();
  source.subscribe(() => undefined)();
  expect(told).toEqual(["open", "heard", "close", "open", "close"]);
});
