import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { silentLog } from "../log/index.ts";
import { plainPath, sealedPath } from "./files.ts";
import { openSegments, type Extent } from "./index.ts";

const needs = { clock: systemClock, log: silentLog };

async function place() {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-segments-"));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

const text = (value: string) => new TextEncoder().encode(value);

test("what was appended is read back, at once, after sealing and after a restart", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 8 }), { maxLength: 12 }),
      async (groups) => {
        await using at = await place();
        const appended: (readonly [Extent, Uint8Array])[] = [];
        const check = async (segments: Awaited<ReturnType<typeof openSegments>>) => {
          const streamed: Uint8Array[] = [];
          for await (const record of segments.stream(appended.map(([extent]) => extent))) streamed.push(record);
          expect(streamed.map(hex)).toEqual(appended.map(([, record]) => hex(record)));
          for (const [extent, record] of appended) expect(hex(await segments.read(extent))).toBe(hex(record));
        };
        {
          await using segments = await openSegments(at.folder, { ...needs, maxBytes: 1_000 });
          const extents = await Promise.all(groups.map((records) => segments.append(records)));
          groups.forEach((records, group) =>
            records.forEach((record, index) => appended.push([extents[group]![index]!, record])),
          );
          await check(segments);
          await segments.finish();
          await segments.settled();
          expect(segments.list().filter(({ state, bytes }) => state !== "sealed" && bytes > 0)).toEqual([]);
          await check(segments);
        }
        await using segments = await openSegments(at.folder, needs);
        await check(segments);
        const [late] = await segments.append([text("late")]);
        expect(Math.max(0, ...appended.map(([extent]) => extent.segment))).toBeLessThan(late!.segment);
      },
    ),
    { numRuns: 25 },
  );
});

test("records larger than the staged megabyte and larger than a block survive sealing", async () => {
  await using at = await place();
  await using segments = await openSegments(at.folder, needs);
  const records = [
    text("small"),
    crypto.getRandomValues(new Uint8Array(65_536)),
    Buffer.alloc(3_000_000, "large"),
    text("end"),
  ];
  const extents = await segments.append(records);
  await segments.finish();
  await segments.settled();
  for (const [index, extent] of extents.entries()) {
    expect(Buffer.compare(await segments.read(extent), records[index]!)).toBe(0);
  }
  await expect(segments.append([new Uint8Array(65 * 1024 * 1024)])).rejects.toMatchObject({
    code: "request.too-large",
  });
});

test("a segment that is damaged anywhere says so, and never returns other bytes", async () => {
  await using at = await place();
  const records = Array.from({ length: 20 }, (_, index) => text(`record ${index} `.repeat(index + 1)));
  let extents: Extent[];
  {
    await using segments = await openSegments(at.folder, needs);
    extents = await segments.append(records);
    await segments.finish();
    await segments.settled();
  }
  const whole = await readFile(sealedPath(at.folder, 1));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.record({ kind: fc.constant("cut" as const), at: fc.nat(whole.length - 1) }),
        fc.record({
          kind: fc.constant("flip" as const),
          at: fc.nat(whole.length - 1),
          bits: fc.integer({ min: 1, max: 255 }),
        }),
        fc.record({ kind: fc.constant("other" as const), bytes: fc.uint8Array({ maxLength: 300 }) }),
      ),
      async (harm) => {
        await writeFile(sealedPath(at.folder, 1), harmed(whole, harm));
        await using segments = await openSegments(at.folder, needs);
        for (const [index, extent] of extents.entries()) {
          const read = await segments.read(extent).catch((error: { code?: string }) => error.code);
          if (typeof read === "string" || read === undefined) expect(read).toBe("store.damaged");
          else expect(hex(read)).toBe(hex(records[index]!));
        }
      },
    ),
    { numRuns: 100 },
  );
});

type Harm =
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "flip"; readonly at: number; readonly bits: number }
  | { readonly kind: "other"; readonly bytes: Uint8Array };

function harmed(whole: Buffer, harm: Harm): Uint8Array {
  if (harm.kind === "cut") return whole.subarray(0, harm.at);
  if (harm.kind === "other") return harm.bytes;
  const copy = Buffer.from(whole);
  copy[harm.at]! ^= harm.bits;
  return copy;
}

test("extents that nobody was given are refused, whatever they say", async () => {
  await using at = await place();
  await using segments = await openSegments(at.folder, needs);
  const [extent] = await segments.append([text("one"), text("two")]);
  await fc.assert(
    fc.asyncProperty(fc.nat(200), fc.oneof(fc.nat(200), fc.constant(0xffff_ffff)), async (offset, length) => {
      fc.pre(!(offset === 0 && length === 3) && !(offset === 11 && length === 3));
      await expect(segments.read({ ...extent!, offset, length })).rejects.toMatchObject({ code: "store.damaged" });
    }),
  );
});

test("a torn tail is harmless: the indexed records stay readable and the file is never continued", async () => {
  await using at = await place();
  let extents: Extent[];
  let plain: Buffer;
  {
    await using segments = await openSegments(at.folder, needs);
    extents = await segments.append([text("kept"), text("torn")]);
    plain = await readFile(plainPath(at.folder, 1));
  }
  // As a killed process leaves it: one that ends in order may have begun to seal it.
  await rm(at.folder, { recursive: true });
  await mkdir(at.folder);
  await writeFile(plainPath(at.folder, 1), [plain.subarray(0, extents[1]!.offset + 3), "garbage"]);
  await using segments = await openSegments(at.folder, needs);
  await segments.settled();
  expect(hex(await segments.read(extents[0]!))).toBe(hex(text("kept")));
  await expect(segments.read(extents[1]!)).rejects.toMatchObject({ code: "store.damaged" });
  expect((await segments.append([text("next")]))[0]!.segment).toBe(2);
});

test("dropped segments are gone, and their numbers are never given again", async () => {
  await using at = await place();
  const given: number[] = [];
  for (let start = 0; start < 3; start++) {
    await using segments = await openSegments(at.folder, needs);
    const [extent] = await segments.append([text("short-lived")]);
    given.push(extent!.segment);
    await segments.drop([extent!.segment, 99]);
    await expect(segments.read(extent!)).rejects.toMatchObject({ code: "output.gone" });
    const [kept] = await segments.append([text("kept")]);
    const page = await segments.readMany([extent!, kept!]);
    expect(page.map((record) => record && hex(record))).toEqual([undefined, hex(text("kept"))]);
    await segments.drop([kept!.segment]);
    given.push(kept!.segment);
  }
  expect(given).toEqual([1, 2, 3, 4, 5, 6]);
  await using segments = await openSegments(at.folder, needs);
  await segments.drop(given);
  expect(await readdir(at.folder)).toEqual(["0000000006.segment"]);
});

test("sizes and ages are told for retention, and sealing keeps the age", async () => {
  await using at = await place();
  await using segments = await openSegments(at.folder, { ...needs, maxBytes: 100_000 });
  for (let group = 0; group < 3; group++) await segments.append([Buffer.alloc(90_000, "a")]);
  await segments.settled();
  const list = segments.list();
  expect(list.map(({ segment, state }) => [segment, state])).toEqual([
    [1, "sealed"],
    [2, "sealed"],
    [3, "open"],
  ]);
  expect(list[0]!.bytes).toBeLessThan(1_000);
  expect(list[2]!.bytes).toBe(90_008);
  const reopened = await openSegments(at.folder, needs);
  await using _ = reopened;
  for (const [index, { lastAppendAt }] of reopened.list().entries()) {
    expect(Math.abs(lastAppendAt - list[index]!.lastAppendAt)).toBeLessThan(2_000);
  }
});

test("kill -9 while appending loses nothing that was acknowledged", async () => {
  await using at = await place();
  const child = spawn(process.execPath, [new URL("./append-forever.testing.ts", import.meta.url).pathname, at.folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const acknowledged: { readonly extent: Extent; readonly text: string }[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.endsWith("}")) acknowledged.push(JSON.parse(line) as (typeof acknowledged)[number]);
    if (acknowledged.length === 400) child.kill("SIGKILL");
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(400);
  await using segments = await openSegments(at.folder, needs);
  await segments.settled();
  for (const { extent, text: written } of acknowledged) {
    expect(new TextDecoder().decode(await segments.read(extent))).toBe(written);
  }
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
