import fc from "fast-check";
import { expect, test } from "vitest";
import type { Fingerprint } from "@atalaya/protocol";
import { isSameHardware, withShown } from "./hardware.ts";

const macs = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03"];
const fingerprints: fc.Arbitrary<Fingerprint> = fc.record(
  { uuid: fc.constantFrom("u1", "u2"), serial: fc.constantFrom("s1", "s2"), macs: fc.subarray(macs) },
  { requiredKeys: ["macs"] },
);

test("a machine is itself, and saying so is the same both ways", () => {
  fc.assert(
    fc.property(fingerprints, fingerprints, (a, b) => {
      expect(isSameHardware(a, a)).toBe(true);
      expect(isSameHardware(a, b)).toBe(isSameHardware(b, a));
    }),
  );
});

test.each([
  ["another UUID", { uuid: "u2", serial: "s1", macs }, false],
  ["the same UUID and other cards", { uuid: "u1", macs: ["02:00:00:00:00:09"] }, true],
  ["no UUID and another serial", { serial: "s2", macs }, false],
  ["no UUID, no serial, one card in common", { macs: [macs[1]!, "02:00:00:00:00:09"] }, true],
  ["no UUID, no serial, no card in common", { macs: ["02:00:00:00:00:09"] }, false],
  ["nothing that could be read", { macs: [] }, true],
])("%s", (_, shown, same) => {
  expect(isSameHardware({ uuid: "u1", serial: "s1", macs: macs.slice(0, 2) }, shown)).toBe(same);
});

test("what could not be read this time is not forgotten", () => {
  fc.assert(
    fc.property(fingerprints, fingerprints, (known, shown) => {
      const after = withShown(known, shown);
      expect(after.uuid).toBe(shown.uuid ?? known.uuid);
      expect(after.serial).toBe(shown.serial ?? known.serial);
      expect(after.macs).toEqual(shown.macs.length > 0 ? shown.macs : known.macs);
    }),
  );
});
