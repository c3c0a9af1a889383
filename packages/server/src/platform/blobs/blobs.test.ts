import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile, chmod } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { openBlobs, type Blobs } from "./index.ts";

async function place(settings: { readonly maxBytes?: number; readonly reserveBytes?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-blobs-"));
  let now = Date.now();
  const clock = { ...systemClock, now: () => now };
  const reopen = () => openBlobs(folder, { clock, ...settings });
  return {
    folder,
    blobs: await reopen(),
    reopen,
    later: (ms: number) => void (now += ms),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function* chunks(...parts: readonly (Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function read(blobs: Blobs, sha256: string, range?: { readonly offset: number; readonly length?: number }) {
  const { bytes } = await blobs.get(sha256, range);
  return Buffer.concat(await Array.fromAsync(bytes));
}

test("what was put is had, read in any range, and named by its digest", async () => {
  await using at = await place();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 300 })),
      fc.nat(400),
      fc.nat(400),
      async (parts, offset, length) => {
        const whole = Buffer.concat(parts);
        const { sha256, size } = await at.blobs.put(chunks(...parts));
        expect({ sha256, size }).toEqual({ sha256: digest(whole), size: whole.length });
        expect(await at.blobs.has(sha256)).toBe(true);
        expect(await at.blobs.verify(sha256)).toBe(true);
        expect((await read(at.blobs, sha256)).equals(whole)).toBe(true);
        fc.pre(offset <= whole.length);
        expect((await read(at.blobs, sha256, { offset, length })).equals(whole.subarray(offset, offset + length))).toBe(
          true,
        );
      },
    ),
    { numRuns: 40 },
  );
  expect(await readdir(join(at.folder, "incoming"))).toEqual([]);
});

test("a broken upload goes on where it stopped, also after a restart", async () => {
  await using at = await place();
  const whole = bytesOf("the first half, the second half");
  const sha256 = digest(whole);
  const broken = at.blobs.put(chunks(whole.subarray(0, 15), new Error("the line was cut")), { sha256 });
  await expect(broken).rejects.toThrow("the line was cut");
  expect(await at.blobs.has(sha256)).toBe(false);
  const blobs = await at.reopen();
  expect(await blobs.received(sha256)).toBe(15);
  const wrong = blobs.put(chunks(whole.subarray(9)), { sha256, offset: 9 });
  await expect(wrong).rejects.toMatchObject({ code: "request.conflict", details: { offset: 15 } });
  await blobs.put(chunks(whole.subarray(15)), { sha256, offset: 15 });
  expect((await read(blobs, sha256)).equals(whole)).toBe(true);
  expect(await blobs.received(sha256)).toBe(0);
});

test("a broken upload can also begin anew", async () => {
  await using at = await place();
  const whole = bytesOf("all of it");
  const sha256 = digest(whole);
  await at.blobs.put(chunks(bytesOf("something"), new Error("cut")), { sha256 }).catch(() => {});
  await at.blobs.put(chunks(whole), { sha256 });
  expect((await read(at.blobs, sha256)).equals(whole)).toBe(true);
});

test("bytes that are not what was promised leave nothing", async () => {
  await using at = await place();
  const sha256 = digest(bytesOf("promised"));
  await expect(at.blobs.put(chunks(bytesOf("other")), { sha256 })).rejects.toMatchObject({ code: "blob.mismatch" });
  expect(await at.blobs.has(sha256)).toBe(false);
  expect(await at.blobs.has(digest(bytesOf("other")))).toBe(false);
  expect(await readdir(join(at.folder, "incoming"))).toEqual([]);
});

test("a blob beyond the limit leaves nothing, nor does an unnamed one that broke", async () => {
  await using at = await place({ maxBytes: 10 });
  const large = at.blobs.put(chunks(bytesOf("12345678"), bytesOf("9abc")));
  await expect(large).rejects.toMatchObject({ code: "request.too-large" });
  await expect(at.blobs.put(chunks(bytesOf("1234"), new Error("cut")))).rejects.toThrow("cut");
  expect(await readdir(join(at.folder, "incoming"))).toEqual([]);
});

test("a disk without room is not filled: nothing stays, and the failure says so", async () => {
  await using at = await place({ reserveBytes: 2 ** 52 });
  const whole = bytesOf("too much");
  const sha256 = digest(whole);
  const full = { code: "disk.full" };
  await expect(at.blobs.put(chunks(new Error("not read")), { sha256, announced: 8 })).rejects.toMatchObject(full);
  await expect(at.blobs.put(chunks(whole), { sha256 })).rejects.toMatchObject(full);
  await expect(at.blobs.put(chunks(whole))).rejects.toMatchObject(full);
  expect(await readdir(join(at.folder, "incoming"))).toEqual([]);
});

test.runIf(process.getuid?.() === 0)(
  "a disk that somebody else filled meanwhile is told apart from one that broke",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "atalaya-full-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    try {
      const blobs = await openBlobs(folder, { clock: systemClock });
      const piece = new Uint8Array(600_000);
      const filled = (async function* () {
        yield piece;
        await writeFile(join(folder, "somebody-elses"), piece).catch(() => undefined);
        yield piece.subarray(0, 100_000);
      })();
      await expect(blobs.put(filled)).rejects.toMatchObject({ code: "disk.full" });
      expect(await readdir(join(folder, "incoming"))).toEqual([]);
    } finally {
      execFileSync("umount", [folder]);
      await rm(folder, { recursive: true });
    }
  },
);

test("the same blob twice is one; twice at once is refused", async () => {
  await using at = await place();
  const whole = bytesOf("shared");
  const sha256 = digest(whole);
  const gate = Promise.withResolvers<void>();
  const slow = at.blobs.put(
    (async function* () {
      await gate.promise;
      yield whole;
    })(),
    { sha256 },
  );
  await expect(at.blobs.put(chunks(whole), { sha256 })).rejects.toMatchObject({ code: "request.conflict" });
  gate.resolve();
  await slow;
  expect(await at.blobs.put(chunks(new Error("not read")), { sha256 })).toEqual({ sha256, size: whole.length });
});

test("names that are no digests reach nothing", async () => {
  await using at = await place();
  await writeFile(join(at.folder, "secret"), "secret");
  const names = ["../secret", "..", "", "A".repeat(64), "a".repeat(63), `${"a".repeat(62)}/.`, `${"a".repeat(64)}\0`];
  for (const name of names) {
    expect(await at.blobs.has(name)).toBe(false);
    await expect(at.blobs.get(name)).rejects.toMatchObject({ code: "request.malformed" });
    await expect(at.blobs.put(chunks(), { sha256: name })).rejects.toMatchObject({ code: "request.malformed" });
    await expect(at.blobs.received(name)).rejects.toMatchObject({ code: "request.malformed" });
  }
  await expect(at.blobs.get("a".repeat(64))).rejects.toMatchObject({ code: "blob.unknown" });
});

test("a range behind the end is refused with the size", async () => {
  await using at = await place();
  const { sha256 } = await at.blobs.put(chunks(bytesOf("four")));
  await expect(at.blobs.get(sha256, { offset: 5 })).rejects.toMatchObject({ details: { size: 4 } });
  expect((await read(at.blobs, sha256, { offset: 4 })).length).toBe(0);
  expect((await read(at.blobs, sha256, { offset: 2, length: 100 })).toString()).toBe("ur");
});

test("collecting removes what is unnamed and old, and what nobody finished", async () => {
  await using at = await place();
  const put = async (text: string) => (await at.blobs.put(chunks(bytesOf(text)))).sha256;
  const named = await put("named");
  const unnamed = await put("unnamed");
  const again = await put("put again in time");
  const unfinished = digest(bytesOf("whole"));
  await at.blobs.put(chunks(bytesOf("wh"), new Error("cut")), { sha256: unfinished }).catch(() => {});
  expect(await at.blobs.collect((sha256) => sha256 === named, 60_000)).toEqual({ blobs: 0, bytes: 0 });
  at.later(61_000);
  await at.blobs.put(chunks(bytesOf("put again in time")), { sha256: again });
  expect(await at.blobs.collect(async (sha256) => sha256 === named, 60_000)).toEqual({ blobs: 1, bytes: 9 });
  expect(await at.blobs.has(unnamed)).toBe(false);
  expect(await at.blobs.has(again)).toBe(true);
  expect(await at.blobs.has(named)).toBe(true);
  expect(await at.blobs.received(unfinished)).toBe(0);
});

test("a blob put again while collection asks about it stays", async () => {
  await using at = await place();
  const { sha256 } = await at.blobs.put(chunks(bytesOf("wanted after all")));
  at.later(61_000);
  const collected = at.blobs.collect(async () => {
    await at.blobs.put(chunks(bytesOf("wanted after all")), { sha256 });
    return false;
  }, 60_000);
  expect(await collected).toEqual({ blobs: 0, bytes: 0 });
  expect(await at.blobs.has(sha256)).toBe(true);
});

test("bytes that changed on the disk are noticed, and only the owner reads them", async () => {
  await using at = await place();
  const { sha256 } = await at.blobs.put(chunks(bytesOf("as it was")));
  const path = join(at.folder, "sha256", sha256.slice(0, 2), sha256);
  expect((await stat(path)).mode & 0o777).toBe(0o400);
  await chmod(path, 0o600);
  await writeFile(path, "as it is!");
  expect(await at.blobs.verify(sha256)).toBe(false);
});
