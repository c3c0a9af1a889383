import { expect, test } from "vitest";
import { movableClock } from "../../platform/clock.testing.ts";
import { inRounds } from "./rounds.ts";

function follow(answers: readonly (number | undefined | Error)[] = []) {
  const clock = movableClock();
  const failures: unknown[] = [];
  let count = 0;
  const rounds = inRounds({
    clock,
    async round() {
      const answer = answers[count];
      count += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    },
    failed: (error) => failures.push(error),
  });
  return { clock, failures, rounds, count: () => count };
}

test("those who kick in one turn share a round", async () => {
  const { rounds, count } = follow();
  for (let n = 0; n < 10; n += 1) rounds.kick();
  await rounds.settled();
  expect(count()).toBe(1);
  rounds.kick();
  await rounds.settled();
  expect(count()).toBe(2);
});

test("a round that wants another gets it, at once or when it said", async () => {
  const { rounds, count, clock } = follow([0, 500]);
  rounds.kick();
  await rounds.settled();
  expect(count()).toBe(2);
  clock.move(499);
  await rounds.settled();
  expect(count()).toBe(2);
  clock.move(1);
  await rounds.settled();
  expect(count()).toBe(3);
});

test("a failed round is told and made again in a second; without any hint one comes after two", async () => {
  const { rounds, count, clock, failures } = follow([new Error("the disk is full")]);
  rounds.kick();
  await rounds.settled();
  expect([count(), failures.length]).toEqual([1, 1]);
  clock.move(1_000);
  await rounds.settled();
  expect(count()).toBe(2);
  clock.move(1_000);
  await rounds.settled();
  expect(count()).toBe(3);
});

test("after the end nothing begins", async () => {
  const { rounds, count, clock } = follow();
  await rounds[Symbol.asyncDispose]();
  rounds.kick();
  clock.move(10_000);
  await rounds.settled();
  expect(count()).toBe(0);
});
