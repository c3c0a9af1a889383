import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adoptionOf, type Found } from "./adoption.ts";

const claims = fc.constantFrom(
  undefined,
  { by: "agent" } as const,
  { by: "wrapper", pid: 7 } as const,
  { by: "unknown" } as const,
);
const founds: fc.Arbitrary<Found> = fc.record({
  sameBoot: fc.boolean(),
  claim: claims,
  wrapperAlive: fc.boolean(),
  hasStatus: fc.boolean(),
  hasResult: fc.boolean(),
});

describe("what becomes of a run whose agent starts anew", () => {
  test("is never said to be unstarted once a wrapper may have claimed it", () => {
    fc.assert(
      fc.property(founds, (found) => {
        const verdict = adoptionOf(found);
        if (verdict !== "unstarted" && verdict !== "disown") return;
        expect(found.claim?.by).not.toBe("wrapper");
        expect(found.claim?.by).not.toBe("unknown");
        expect(found.hasStatus || found.hasResult).toBe(false);
      }),
    );
  });
  test("keeps a true exit status over everything else", () => {
    fc.assert(
      fc.property(founds, (found) => {
        const verdict = adoptionOf({ ...found, hasStatus: true });
        expect(["tell", "finish"]).toContain(verdict);
      }),
    );
  });
  test("does not conclude from a missing claim after a reboot that nothing began", () => {
    const found = { sameBoot: false, claim: undefined, wrapperAlive: false, hasStatus: false, hasResult: false };
    expect(adoptionOf(found)).toBe("rebooted");
  });
  test("adopts what runs", () => {
    const found = {
      sameBoot: true,
      claim: { by: "wrapper", pid: 7 },
      wrapperAlive: true,
      hasStatus: false,
      hasResult: false,
    } as const;
    expect(adoptionOf(found)).toBe("adopt");
    expect(adoptionOf({ ...found, wrapperAlive: false })).toBe("vanished");
  });
});
