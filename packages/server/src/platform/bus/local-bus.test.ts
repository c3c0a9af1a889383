import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { createLog } from "../log/index.ts";
import { createLocalBus } from "./index.ts";

describe("the bus within one process", () => {
  test("merges what one turn tells of a subject", async () => {
    const bus = createLocalBus({ clock: systemClock });
    const heard: string[] = [];
    bus.on("fleet", () => heard.push("fleet"));
    bus.on("job:7", () => heard.push("job:7"));
    for (let times = 0; times < 100; times++) bus.tell("fleet");
    bus.tell("job:7");
    bus.tell("job:8");
    expect(heard).toEqual([]);
    await turn();
    expect(heard).toEqual(["fleet", "job:7"]);
  });

  test("tells again what is told while it delivers", async () => {
    const bus = createLocalBus({ clock: systemClock });
    let heard = 0;
    bus.on("jobs", () => {
      heard += 1;
      if (heard < 3) bus.tell("jobs");
    });
    bus.tell("jobs");
    while (heard < 3) await turn();
    await turn();
    expect(heard).toBe(3);
  });

  test("calls the others when one throws, and says so once a minute", async () => {
    const lines: string[] = [];
    const log = createLog({ level: "error", destination: { write: (line: string) => void lines.push(line) } });
    let now = 0;
    const bus = createLocalBus({ clock: { ...systemClock, now: () => now }, log });
    let heard = 0;
    bus.on("fleet", () => {
      throw new Error("the listener's own trouble");
    });
    bus.on("fleet", () => void heard++);
    for (now of [0, 1_000, 59_000, 61_000]) {
      bus.tell("fleet");
      await turn();
    }
    expect(heard).toBe(4);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("the listener's own trouble");
  });

  test("is silent to whoever left, also between telling and delivering", async () => {
    const bus = createLocalBus({ clock: systemClock });
    let heard = 0;
    const listener = () => void heard++;
    const first = bus.on("enrolment", listener);
    const second = bus.on("enrolment", listener);
    bus.tell("enrolment");
    await turn();
    expect(heard).toBe(2);
    bus.tell("enrolment");
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await turn();
    expect(heard).toBe(3);
    second[Symbol.dispose]();
    bus.tell("enrolment");
    await turn();
    expect(heard).toBe(3);
  });
});
