import { compareNames } from "@atalaya/client/browser";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sortedSet } from "./sorted-set.ts";

const change = fc.record({
  id: fc.integer({ min: 0, max: 20 }).map((n) => `host_${n}`),
  name: fc.integer({ min: 0, max: 200 }).map((n) => `pc-${n}`),
  isGone: fc.boolean(),
  look: fc.boolean(),
});
const hosts = () => sortedSet<{ id: string; name: string }>(({ name }) => name, compareNames);

test("whatever comes and goes, all stand in the order of their names", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const set = hosts();
      const model = new Map<string, string>();
      for (const { id, name, isGone, look } of changes) {
        if (isGone) {
          model.delete(id);
          set.drop(id);
        } else {
          model.set(id, name);
          set.put({ id, name });
        }
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
  const set = hosts();
  set.put({ id: "host_1", name: "pc-1" });
  expect(set.sorted()).toBe(set.sorted());
});
