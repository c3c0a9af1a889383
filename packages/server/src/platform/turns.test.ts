import { expect, test } from "vitest";
import { inTurns } from "./turns.ts";

test("acts on one key come one after the other, also after one that failed", async () => {
  const inTurn = inTurns<string>();
  const told: string[] = [];
  const act = (name: string, fail = false) =>
    inTurn("key", async () => {
      told.push(`${name} begins`);
      await new Promise<void>((resolve) => setImmediate(resolve));
      told.push(`${name} ends`);
      if (fail) throw new Error(name);
      return name;
    });
  const answers = await Promise.allSettled([act("a"), act("b", true), act("c")]);
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("acts on different keys do not wait for each other", async () => {
  const inTurn = inTurns<string>();
  let release = (): void => undefined;
  const held = inTurn("one", () => new Promise<void>((resolve) => (release = resolve)));
  expect(await inTurn("two", async () => "done")).toBe("done");
  release();
  await held;
});
