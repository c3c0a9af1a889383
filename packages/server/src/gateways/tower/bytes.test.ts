import { expect, test } from "vitest";
import { createListing } from "../../domain/status/listing.ts";
import { partOf } from "../../domain/status/parts.ts";
import type { StatusEntry } from "../../domain/status/index.ts";
import { movableClock } from "../../platform/clock.testing.ts";
import { createListBytes } from "./bytes.ts";

test("the bytes of a list are kept while it is asked for, and given back a minute later", () => {
  const clock = movableClock();
  const bytes = createListBytes(clock);
  const list = createListing<StatusEntry>();
  const part = partOf("config", { port: 5000 });
  list.put({ id: "m1", digest: "d", position: 1, parts: new Map([["config", part]]) } as unknown as StatusEntry);
  const ask = (): string => Buffer.concat([...bytes.of(list, { spacing: "listed", live: false }).chunks]).toString();

  const text = ask();
  expect(JSON.parse(text)).toEqual([{ id: "m1", config: { port: 5000 } }]);
  expect([bytes.bytes > 0, part.spaced]).toEqual([true, expect.anything()]);
  clock.move(40_000);
  ask();
  clock.move(40_000);
  expect(bytes.bytes).toBeGreaterThan(0);
  clock.move(40_000);
  expect([bytes.bytes, part.spaced]).toEqual([0, undefined]);
  expect(ask()).toBe(text);
});
