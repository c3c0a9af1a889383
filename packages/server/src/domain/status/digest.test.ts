import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, joinLive, splitLive } from "@atalaya/protocol";
import { digestOf, legacyDigestOf, legacyDigestOfShown, valueOfDocument } from "./document.ts";
import { createListing, digestOfList } from "./listing.ts";
import { partsOfNews } from "./news.ts";
import { createRegistry, seesPlaces } from "./registry.ts";
import { sample } from "./status.testing.ts";
import type { StatusEntry } from "./status.ts";

const scopes: readonly { readonly places?: readonly string[] }[] = [
  {},
  { places: ["a"] },
  { places: ["a/x", "b"] },
  { places: [] },
];

const os = fc.record({
  hostname: fc.constantFrom("pc-1", "pc-2"),
  uptime: fc.nat(),
  loadavg: fc.tuple(fc.nat(9), fc.nat(9), fc.nat(9)),
  freemem: fc.nat(),
  cpus: fc.array(
    fc.record({
      model: fc.constantFrom("one", "two"),
      speed: fc.nat(5_000),
      times: fc.record({ user: fc.nat(), nice: fc.nat(), sys: fc.nat(), idle: fc.nat(), irq: fc.nat() }),
    }),
    { maxLength: 2 },
  ),
});
const steps = fc.array(
  fc.record({
    host: fc.integer({ min: 1, max: 40 }),
    state: fc.constantFrom("listed", "listed", "listed", "absent", "connected", "gone"),
    place: fc.constantFrom(undefined, "a/x", "a/y", "b", "ab"),
    os,
    packages: fc.constantFrom(
      [],
      [{ id: "1", name: "hello", version: "1" }],
      [{ id: "1", name: "hello", version: "2" }],
    ),
    token: fc.constantFrom("old", "new"),
  }),
  { maxLength: 120 },
);

/** What somebody could see of it without what changes by itself, to the last letter. */
function visible(entries: Iterable<StatusEntry>, scope: (typeof scopes)[number]): string {
  const sees = seesPlaces(scope.places);
  return canonicalJson(
    [...entries]
      .filter(({ state, place }) => state === "listed" && sees(place))
      .toSorted((a, b) => a.position - b.position)
      .map((entry) => valueOfDocument(entry, undefined)),
  );
}

test("the digest of each scope changes if and only if a visible, stable field of some minion does", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const registry = createRegistry();
      const seen = scopes.map((scope) => ({
        scope,
        text: visible([], scope),
        digest: registry.list(scope).digest,
        before: new Map<string, string>(),
      }));
      let positions = 0;
      for (const { host, state, place, ...told } of all) {
        const before = registry.get(host);
        if (state === "gone") registry.remove(host);
        else {
          const { parts, live } = partsOfNews({ whole: { ...told, env: { token: told.token } } }, before?.parts);
          const document = { id: `m${host}`, parts };
          registry.set({
            ...document,
            host,
            source: "bolt",
            position: before?.position ?? (positions += 1),
            digest: digestOf(document),
            legacyDigest: "",
            changedAt: 0,
            revision: 0,
            state: state as StatusEntry["state"],
            place,
            live,
            beats: 0,
          });
        }
        for (const one of seen) {
          const text = visible(registry.entries, one.scope);
          const { digest } = registry.list(one.scope);
          expect(digest === one.digest).toBe(text === one.text);
          const things = registry.list(one.scope).blocks.flatMap((block) => block.things);
          expect(digest).toBe(digestOfList(things));
          [one.text, one.digest] = [text, digest];
        }
      }
    }),
    { numRuns: 60 },
  );
});

test("blocks follow from what is in the list, however it came to be", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.boolean()), { maxLength: 500 }), (moves) => {
      const listing = createListing<{ position: number; id: string; digest: string }>();
      const there = new Set<number>();
      for (const [position, stays] of moves) {
        if (stays) {
          there.add(position);
          listing.put({ position, id: `h${position}`, digest: `d${position}` });
        } else {
          there.delete(position);
          listing.remove(position);
        }
      }
      const left = [...there].toSorted((a, b) => a - b);
      const fresh = createListing<{ position: number; id: string; digest: string }>();
      for (const position of left) fresh.put({ position, id: `h${position}`, digest: `d${position}` });
      expect(listing.blocks.map(({ things }) => things)).toEqual(fresh.blocks.map(({ things }) => things));
      expect(listing.digest).toBe(
        digestOfList(left.map((position) => ({ id: `h${position}`, digest: `d${position}` }))),
      );
      expect([listing.digest, listing.legacyDigest, listing.size]).toEqual([
        fresh.digest,
        fresh.legacyDigest,
        left.length,
      ]);
    }),
    { numRuns: 50 },
  );
});

test.each([
  [[], "d41d8cd98f00b204e9800998ecf8427e"],
  [["30a2a131-f812-4666-bb69-c443f7e3a901"], "266261b54e7c94fe8ee2580c7dca2696"],
  [["a1", "b2"], "f2e49af795161e14acf9d9245473a368"],
  [["b2", "a1"], "a6ab4e3e1f94017e6fd661585b84462c"],
])("the original's digest of the list %j", (ids, digest) => {
  const listing = createListing();
  ids.forEach((id, n) => listing.put({ position: n + 1, id, digest: "" }));
  expect(listing.legacyDigest).toBe(digest);
});

test("the original's digest of one minion, over all that it told", () => {
  const told = { id: "a1", n: 1, os: { uptime: 1.5 }, z: [1, 2], env: null };
  expect(legacyDigestOf(told)).toBe("d5a296a4f707a00ea2518b64f2826e52");
  expect(legacyDigestOf(sample)).toBe("cee3f585310dde1076a8335ba26cb3cd");
  const { parts } = partsOfNews({ whole: { n: 1, env: null } }, undefined);
  expect(legacyDigestOfShown({ id: "a1", parts })).toBe(legacyDigestOf({ id: "a1", env: null, n: 1 }));
});

// docs/reference/status.md tells the same numbers: whoever counts digests again can try it on these.
test("our digests as the manual tells them", () => {
  const minion = (id: string, activated: boolean, hostname: string) => {
    const { parts } = partsOfNews({ whole: { os: { hostname, uptime: 1.5 }, activated } }, undefined);
    return { id, digest: digestOf({ id, parts }) };
  };
  const [one, ending] = [minion("a1", true, "pc-1"), minion("h14", false, "pc-2")];
  expect([one.digest, ending.digest]).toEqual(["4d92dca04e19b58a24295b19f8f40156", "7b40a042a4e6452768018ba68e70d7fb"]);
  expect(digestOfList([])).toBe("d41d8cd98f00b204e9800998ecf8427e");
  expect(digestOfList([one])).toBe("64742f6199353786efdca0c6936a2ebb");
  expect(digestOfList([one, ending])).toBe("916a432e489b5a97b521a4f5fd67415a");
  // The MD5 of `h14` begins with a byte below 4: a block ends behind it.
  expect(digestOfList([ending, one])).toBe("6530f766dc4535c40fe4bd6f56986db6");
});

test("what is live leaves the part os and comes back into it", () => {
  const { stable, live } = splitLive(sample["os"]);
  expect(JSON.stringify(stable)).not.toMatch(/uptime|loadavg|freemem|times|speed/);
  expect(joinLive(stable, live)).toEqual(sample["os"]);
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text) as unknown;
      const split = splitLive(value);
      joinLive(split.stable, split.live);
      expect(splitLive(split.stable).stable).toEqual(split.stable);
    }),
  );
});
