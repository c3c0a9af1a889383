import { createHash, randomBytes } from "node:crypto";
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openBlobCache, type BlobCache, type Bring } from "./blob-cache.ts";

let folder: string;
let clock = 0;
const opened: BlobCache[] = [];

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "blob-cache-")), "blobs");
});
afterEach(async () => {
  for (const cache of opened.splice(0)) cache[Symbol.dispose]();
  await rm(join(folder, ".."), { recursive: true, force: true });
});

async function cacheOf(mostBytes = 10_000_000): Promise<BlobCache> {
  const cache = await openBlobCache({ folder, mostBytes, now: () => (clock += 1_000) });
  opened.push(cache);
  return cache;
}

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const blobOf = (size: number) => {
  const bytes = randomBytes(size);
  return { bytes, sha256: digestOf(bytes), size };
};

async function all(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const got: Buffer[] = [];
  for await (const part of parts) got.push(part);
  return Buffer.concat(got);
}

/** Brings these bytes at once, and counts. */
function bringing(bytes: Uint8Array) {
  const bring: Bring & { times?: number } = async (into, came) => {
    bring.times = (bring.times ?? 0) + 1;
    await writeFile(into, bytes);
    came(bytes.length);
  };
  return bring;
}

const reading = (blob: { readonly sha256: string; readonly size: number }, offset = 0) => ({
  sha256: blob.sha256,
  size: blob.size,
  offset,
  signal: new AbortController().signal,
});

test("a blob is brought once for all who ask, and read while it comes", async () => {
  const cache = await cacheOf();
  const blob = blobOf(900_000);
  const half = Promise.withResolvers<void>();
  let times = 0;
  const bring: Bring = async (into, came) => {
    times += 1;
    await appendFile(into, blob.bytes.subarray(0, 400_000));
    came(400_000);
    await half.promise;
    await appendFile(into, blob.bytes.subarray(400_000));
    came(900_000);
  };
  const first = cache.read(reading(blob), bring);
  expect((await first.next()).value?.length).toBeGreaterThan(0);
  const others = [0, 100, 899_999, 900_000].map((offset) => all(cache.read(reading(blob, offset), bring)));
  half.resolve();
  const whole = await Promise.all(others);
  expect(whole.map((bytes, at) => bytes.equals(blob.bytes.subarray([0, 100, 899_999, 900_000][at])))).toEqual(
    Array(4).fill(true),
  );
  await all(first);
  expect((await all(cache.read(reading(blob), bring))).equals(blob.bytes)).toBe(true);
  expect(times).toBe(1);
  const { mode } = await stat(join(folder, blob.sha256));
  expect([mode & 0o777, (await stat(folder)).mode & 0o777]).toEqual([0o600, 0o700]);
});

test("what does not come fails for all who wait, and is tried anew by who comes next", async () => {
  const cache = await cacheOf();
  const blob = blobOf(1_000);
  const broken: Bring = async () => Promise.reject(new Error("the line broke"));
  const reads = await Promise.allSettled([
    all(cache.read(reading(blob), broken)),
    all(cache.read(reading(blob), broken)),
  ]);
  expect(reads.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(all(cache.read(reading(blob), bringing(blob.bytes.subarray(1))))).rejects.toThrow("not as long");
  expect((await all(cache.read(reading(blob), bringing(blob.bytes)))).equals(blob.bytes)).toBe(true);
  expect(await readdir(folder)).toEqual([blob.sha256]);
});

test("what was used last stays when room is needed; what never fits is refused", async () => {
  const cache = await cacheOf(3_000);
  const [one, two, three] = [blobOf(1_000), blobOf(1_000), blobOf(1_500)] as const;
  for (const blob of [one, two, one]) await all(cache.read(reading(blob), bringing(blob.bytes)));
  await all(cache.read(reading(three), bringing(three.bytes)));
  expect((await readdir(folder)).toSorted()).toEqual([one.sha256, three.sha256].toSorted());
  const large = blobOf(3_001);
  await expect(all(cache.read(reading(large), bringing(large.bytes)))).rejects.toThrow("no room");
});

test("the next process goes on with what is there, if it is what its name says", async () => {
  const before = await cacheOf();
  const [good, bad] = [blobOf(5_000), blobOf(5_000)] as const;
  for (const blob of [good, bad]) await all(before.read(reading(blob), bringing(blob.bytes)));
  await writeFile(join(folder, bad.sha256), randomBytes(5_000));
  await writeFile(join(folder, `${"0".repeat(64)}.part`), "half");
  const after = await cacheOf();
  const again = { good: bringing(good.bytes), bad: bringing(bad.bytes) };
  const read = await Promise.all([
    all(after.read(reading(good), again.good)),
    all(after.read(reading(bad), again.bad)),
    all(after.read(reading(bad), again.bad)),
  ]);
  expect(read.map((bytes, at) => bytes.equals([good, bad, bad][at]!.bytes))).toEqual([true, true, true]);
  expect([again.good.times, again.bad.times]).toEqual([undefined, 1]);
  expect((await readdir(folder)).toSorted()).toEqual([good.sha256, bad.sha256].toSorted());
});

test("a reader that has gone waits for nothing", async () => {
  const cache = await cacheOf();
  const blob = blobOf(1_000);
  const gone = new AbortController();
  const read = all(cache.read({ ...reading(blob), signal: gone.signal }, () => new Promise(() => undefined)));
  gone.abort();
  await expect(read).rejects.toThrow("abort");
});
