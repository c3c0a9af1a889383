import { compareNames } from "@atalaya/client/browser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { hostSet } from "./host-set.ts";

const change = fc.record({
  id: fc.integer({ min: 0, max: 20 }).map((n) => `host_${n}`),
  name: fc.integer({ min: 0, max: 200 }).map((n) => `pc-${n}`),
  isGone: fc.boolean(),
  look: fc.boolean(),
});

test("whatever comes and goes, the hosts stand in the order of their names", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const set = hostSet(compareNames);
      const model = new Map<string, string>();
      for (const { id, name, isGone, look } of changes) {
        if (isGone) model.delete(id);
        else model.set(id, name);
        set.take([isGone ? { type: "host-gone", id } : { type: "host", host: { id, name } }]);
        if (!look) continue;
        const shown = set.sorted();
        expect(shown).toHaveLength(model.size);
        expect(Object.fromEntries(shown.map((host) => [host.id, host.name]))).toEqual(Object.fromEntries(model));
        const names = shown.map((host) => host.name);
        expect(names).toEqual(names.toSorted(compareNames));
      }
    }),
  );
});

test("without a change the same array comes back", () => {
  const set = hostSet(compareNames);
  set.take([{ type: "host", host: { id: "host_1", name: "pc-1" } }]);
  expect(set.sorted()).toBe(set.sorted());
});
