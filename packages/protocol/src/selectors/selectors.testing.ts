import fc from "fast-check";
import type { Pattern } from "./pattern.ts";
import { allOf, anyOf, comparisons, hostStates, type Selector, textFields, versionFields } from "./selector.ts";
import { networkOf, printAddress } from "./addresses.ts";

/** Text that a person might type, with everything in it that has a meaning somewhere. */
const awkwardText = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."ab01-_./:@=<>()[]*?,\"'\\ ñ漢".split("")), minLength: 1, maxLength: 8 }),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).filter((text) => !/\p{Cc}/u.test(text)),
);

const ranges = fc
  .tuple(fc.nat(500), fc.nat(500), fc.nat(5))
  .map(([from, length, width]) => ({ from, to: from + length, width: width > String(from).length ? width : 1 }));

const part = (text: fc.Arbitrary<string>) =>
  fc.oneof(
    text.map((value) => ({ kind: "text", text: value }) as const),
    fc.constant({ kind: "any" } as const),
    fc.constant({ kind: "one" } as const),
    fc.array(ranges, { minLength: 1, maxLength: 3 }).map((of) => ({ kind: "numbers", ranges: of }) as const),
  );

/** Patterns in the form the reader gives them: neighbouring texts and neighbouring `*` are one. */
const patternsOf = (text: fc.Arbitrary<string>): fc.Arbitrary<Pattern> =>
  fc
    .array(part(text), { maxLength: 5 })
    .map((parts) =>
      parts.filter(({ kind }, i) => !((kind === "text" || kind === "any") && parts[i - 1]?.kind === kind)),
    );

export const patterns = patternsOf(awkwardText);
const someOf = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 1, maxLength: 3 });

const networks = fc
  .tuple(
    fc.oneof(
      fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }),
      fc.array(fc.constantFrom(0, 0, 1, 255), { minLength: 16, maxLength: 16 }),
    ),
    fc.nat(128),
  )
  .filter(([bytes]) => bytes.length === 4 || bytes[0] !== 0)
  .map(([bytes, length]) => {
    const prefix = Math.min(length, bytes.length * 8);
    return { address: printAddress(networkOf(bytes, prefix)), prefix, bytes };
  })
  // Masked down to nothing it could become an IPv4 address in disguise.
  .filter(({ bytes, prefix }) => bytes.length === 4 || prefix >= 16)
  .map(({ address, prefix }) => ({ kind: "network", address, prefix }) as const);

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9._/-]{0,10}[a-z0-9])?$/);

const terms: fc.Arbitrary<Selector> = fc.oneof(
  fc.constantFrom<Selector>({ kind: "all" }, { kind: "none" }),
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,10}$/).map((name) => ({ kind: "group", name }) as const),
  fc
    .tuple(fc.constantFrom(...textFields), someOf(patterns))
    .filter(([field]) => field !== "mac")
    .map(([field, of]) => ({ kind: "text", field, patterns: of }) as const),
  someOf(someOf(patternsOf(awkwardText.filter((text) => !text.includes("/"))))).map(
    (paths) => ({ kind: "place", paths }) as const,
  ),
  label.map((key) => ({ kind: "label", key }) as const),
  fc.tuple(label, someOf(patterns)).map(([key, values]) => ({ kind: "label", key, values }) as const),
  someOf(fc.constantFrom(...hostStates)).map((states) => ({ kind: "state", states }) as const),
  fc
    .tuple(fc.constantFrom("cpu", "memory", "disk"), fc.constantFrom(...comparisons), fc.nat(999_999_999))
    .map(([field, comparison, value]) => ({ kind: "quantity", field, comparison, value }) as const),
  fc
    .tuple(
      fc.constantFrom(...versionFields),
      fc.constantFrom(...comparisons),
      fc.stringMatching(/^[0-9a-z][0-9a-z.+~_-]{0,9}$/),
    )
    .map(([field, comparison, version]) => ({ kind: "version", field, comparison, version }) as const),
  fc
    .tuple(fc.constantFrom("<", "<=", ">", ">="), fc.nat(999_999_999))
    .map(([comparison, ms]) => ({ kind: "seen", comparison, ms }) as const),
  someOf(networks).map((of) => ({ kind: "address", of }) as const),
);

/** Any tree the reader could give. */
export const selectors: fc.Arbitrary<Selector> = fc.letrec<{ tree: Selector }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    terms,
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map(allOf),
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map(anyOf),
    tie("tree").map((of) => ({ kind: "not", of }) as const),
  ),
})).tree;
