import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkConfirmed, checkSatisfiable, turnstile, zonesOf, type Zone } from "./guard.ts";

const pc = (lab: string, labels: Record<string, string> = {}) => ({ place: ["site", lab], labels });

describe("the blast radius", () => {
  test("a host is in the zones of its lab and of its labels", () => {
    const rules = { labShare: "20%", apart: ["role=db", "ups"], maxConcurrent: 50 };
    expect(zonesOf(pc("aula-1", { role: "db", ups: "3" }), rules, () => 30)).toEqual([
      { name: "all", limit: 50 },
      { name: "lab site/aula-1", limit: 6 },
      { name: "label role=db", limit: 1 },
      { name: "label ups", limit: 1 },
    ]);
    expect(zonesOf({ place: [], labels: { role: "web" } }, rules, () => 30)).toEqual([{ name: "all", limit: 50 }]);
  });

  test("a policy that can never let a host go is refused before anything begins", () => {
    const zones = zonesOf(pc("small"), { labShare: "20%" }, () => 4);
    expect(() => checkSatisfiable(zones)).toThrow(expect.objectContaining({ code: "job.guarded" }));
    expect(() => checkSatisfiable(zonesOf(pc("large"), { labShare: "20%" }, () => 5))).not.toThrow();
  });

  test("above the threshold the number of hosts must be named, exactly", () => {
    expect(() => checkConfirmed({ targets: 10, threshold: 10, confirm: undefined })).not.toThrow();
    expect(() => checkConfirmed({ targets: 11, threshold: 10, confirm: 11 })).not.toThrow();
    for (const confirm of [undefined, 10]) {
      expect(() => checkConfirmed({ targets: 11, threshold: 10, confirm })).toThrow(
        expect.objectContaining({
          code: "job.confirmation-needed",
          details: { count: 11, confirm: 11, threshold: 10 },
        }),
      );
    }
    expect(() => checkConfirmed({ targets: 3, threshold: undefined, confirm: 4 })).toThrow();
  });
});

test("nobody is ever inside a full zone, and everybody gets a turn", () => {
  const zones: readonly Zone[] = [
    { name: "a", limit: 1 },
    { name: "b", limit: 2 },
    { name: "c", limit: 5 },
  ];
  const someone = fc.subarray([...zones], { minLength: 1 });
  fc.assert(
    fc.property(fc.array(someone, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (people, choice) => {
      const gate = turnstile<number>();
      const inside: number[] = [];
      let served = 0;
      const enter = (who: number) => {
        if (gate.enter(people[who]!, who)) inside.push(who);
      };
      people.forEach((_, who) => enter(who));
      while (inside.length > 0) {
        for (const zone of zones) expect(gate.inside(zone.name)).toBeLessThanOrEqual(zone.limit);
        const [leaver] = inside.splice(choice.next().value! % inside.length, 1);
        served += 1;
        gate.leave(people[leaver!]!, enter);
      }
      expect(served).toBe(people.length);
    }),
  );
});
