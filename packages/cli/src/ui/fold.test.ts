import fc from "fast-check";
import { expect, test } from "vitest";
import { fold, MOST_KEPT_BYTES } from "./fold.ts";

const ok = { outcome: "succeeded" };
const seen = (
  blocks: readonly { readonly hosts: readonly string[]; readonly sameAs?: readonly string[] | undefined }[],
) => blocks.map(({ hosts, sameAs }) => [hosts.join(), sameAs?.join()]);

test("equal output is shown once; who comes later is the same as who was shown first", () => {
  const folded = fold();
  for (const host of ["pc-10", "pc-9", "web"]) folded.add(host, Buffer.from(host === "web" ? "no\n" : "yes\n"));
  folded.end("pc-10", ok);
  folded.end("web", ok);
  folded.end("pc-9", ok);
  expect(seen(folded.take())).toEqual([
    ["pc-9,pc-10", undefined],
    ["web", undefined],
  ]);
  expect(folded.split).toBe(false);
  folded.add("pc-1", Buffer.from("ye"));
  folded.add("pc-1", Buffer.from("s\n"));
  folded.end("pc-1", ok);
  expect(seen(folded.take())).toEqual([["pc-1", "pc-9,pc-10"]]);
  expect(folded.take()).toEqual([]);
  expect(folded.split).toBe(true);
  expect(folded.all().map(({ hosts }) => hosts)).toEqual([["pc-1", "pc-9", "pc-10"], ["web"]]);
});

test("hosts that ended otherwise are never folded together", () => {
  const folded = fold();
  folded.end("a", ok);
  folded.end("b", { outcome: "failed (1)" });
  folded.end("c", { outcome: "refused (x)", why: "one reason" });
  folded.end("d", { outcome: "refused (x)", why: "another" });
  expect(folded.take()).toHaveLength(4);
});

test("output too large to keep counts as different from everything", () => {
  const folded = fold();
  for (const host of ["a", "b"]) {
    folded.add(host, Buffer.alloc(MOST_KEPT_BYTES));
    folded.add(host, Buffer.from("more"));
    folded.end(host, ok);
  }
  expect(folded.take().map(({ cut, bytes }) => [cut, bytes.length])).toEqual([
    [true, MOST_KEPT_BYTES],
    [true, MOST_KEPT_BYTES],
  ]);
});

test("the closing list is the same whatever order the hosts came in and whenever one looked", () => {
  const answers = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.constantFrom("x", "y", "")), {
    selector: ([host]) => host,
    minLength: 1,
  });
  fc.assert(
    fc.property(
      answers.chain((all) =>
        fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }), fc.array(fc.boolean())),
      ),
      ([one, other, looks]) => {
        const [first, second] = [one, other].map((order) => {
          const folded = fold();
          order.forEach(([host, output], at) => {
            folded.add(`pc-${host}`, Buffer.from(output));
            folded.end(`pc-${host}`, ok);
            if (order === other && looks[at] === true) folded.take();
          });
          return folded.all();
        });
        expect(first).toEqual(second);
        expect(first!.flatMap(({ hosts }) => hosts)).toHaveLength(one.length);
      },
    ),
  );
});
