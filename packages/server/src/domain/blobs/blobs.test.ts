import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Actor } from "../../api/actor.ts";
import { openBlobs } from "../../platform/blobs/index.ts";
import { silentLog } from "../../platform/log/index.ts";
import { engines, type EngineUnderTest } from "../../platform/store/engines.testing.ts";
import { createBlobs, type BlobNames } from "./index.ts";

const DAY_MS = 86_400_000;
const alice: Actor = { name: "token:alice", permissions: new Set(["job.create", "job.read"]) };
const mallory: Actor = { name: "token:mallory", permissions: new Set(["job.create", "job.read"]) };
const content = Buffer.from("the bytes of a script that takes the world apart\n");
const sha256 = createHash("sha256").update(content).digest("hex");
const whole = { offset: 0, more: false };
const nobodyNames: BlobNames = {
  named: async () => new Set(),
  shownAmong: async () => new Set(),
  wantedBy: async () => false,
};

async function* bytes(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function room({ open }: EngineUnderTest, mostBytes?: number) {
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-blobs-"));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const store = undo.use(await open());
  let now = 1_700_000_000_000;
  const clock = { now: () => now, after: () => ({ [Symbol.dispose]: () => undefined }) };
  const lower = await openBlobs(folder, { clock });
  const blobs = createBlobs({
    store,
    bytes: lower,
    clock,
    log: silentLog,
    ...(mostBytes === undefined ? {} : { mostBytes }),
  });
  const owned = undo.move();
  return {
    blobs,
    lower,
    /** A day and more later, also for the files, whose age the disk's clock has set. */
    async later() {
      for (const file of await readdir(join(folder, "sha256"), { recursive: true })) {
        await utimes(join(folder, "sha256", file), now / 1000, now / 1000);
      }
      now += DAY_MS + 1;
    },
    async text(actor: Actor, names = nobodyNames) {
      const blob = await blobs.read(sha256, undefined, actor, names);
      return Buffer.concat(await Array.fromAsync(blob.bytes)).toString();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe.each(engines)("blobs on $name", (engine) => {
  test("are read by who uploaded them, and nobody learns of them by knowing a digest", async () => {
    await using at = await room(engine);
    expect(await at.blobs.upload(sha256, bytes(content), whole, alice)).toEqual({
      sha256,
      received: content.length,
      whole: true,
    });
    expect(await at.text(alice)).toBe(content.toString());

    expect(await at.blobs.state(sha256, mallory)).toEqual({ sha256, received: 0, whole: false });
    await expect(at.text(mallory)).rejects.toMatchObject({ code: "blob.unknown" });
    await expect(at.blobs.claim([sha256], mallory.name)).rejects.toMatchObject({ code: "blob.unknown" });
    expect(await at.text(mallory, { ...nobodyNames, shownAmong: async (digests) => new Set(digests) })).toBe(
      content.toString(),
    );
  });

  test("become somebody's only by bringing every byte, also when they are here already", async () => {
    await using at = await room(engine);
    await at.blobs.upload(sha256, bytes(content), whole, alice);
    await expect(at.blobs.upload(sha256, bytes(), whole, mallory)).rejects.toMatchObject({ code: "blob.mismatch" });
    await expect(at.text(mallory)).rejects.toMatchObject({ code: "blob.unknown" });
    await at.blobs.upload(sha256, bytes(content), whole, mallory);
    expect(await at.text(mallory)).toBe(content.toString());
  });

  test("an upload in parts goes on where it stopped, beside one of somebody else", async () => {
    await using at = await room(engine);
    const half = content.subarray(0, 20);
    expect(await at.blobs.upload(sha256, bytes(half), { offset: 0, more: true }, alice)).toMatchObject({
      received: 20,
      whole: false,
    });
    await at.blobs.upload(sha256, bytes(Buffer.from("rubbish")), { offset: 0, more: true }, mallory);
    await expect(at.blobs.upload(sha256, bytes(half), { offset: 10, more: true }, alice)).rejects.toMatchObject({
      code: "request.conflict",
      details: { offset: 20 },
    });
    const { whole: done } = await at.blobs.upload(
      sha256,
      bytes(content.subarray(20)),
      { offset: 20, more: false },
      alice,
    );
    expect(done).toBe(true);
    // Whoever knows only the end of it does not get the rest.
    await expect(
      at.blobs.upload(sha256, bytes(content.subarray(20)), { offset: 20, more: false }, mallory),
    ).rejects.toMatchObject({ code: "request.conflict" });
  });

  test("have a limit for each uploader: whole, in parts, at once, and free again when they are gone", async () => {
    await using at = await room(engine, 100);
    const put = (text: string, actor: Actor, part: Partial<typeof whole> & { readonly total?: number } = {}) => {
      const piece = Buffer.from(text);
      return at.blobs.upload(
        createHash("sha256").update(piece).digest("hex"),
        bytes(piece),
        { ...whole, ...part },
        actor,
      );
    };
    const refused = { code: "blob.quota", details: { most: 100 } };
    await put("a".repeat(60), alice);
    // Known before a byte of it came, or when the first byte too many comes.
    await expect(put("b".repeat(10), alice, { total: 41 })).rejects.toMatchObject(refused);
    await expect(put("c".repeat(41), alice)).rejects.toMatchObject(refused);
    await put("d".repeat(30), alice, { more: true });
    await expect(put("e".repeat(11), alice)).rejects.toMatchObject(refused);
    await Promise.allSettled([put("f".repeat(6), alice), put("g".repeat(6), alice)]).then((both) =>
      expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]),
    );
    // Beginning anew takes no more than what comes anew; again is not twice; others have their own.
    await put("d".repeat(30), alice, { more: true });
    await put("a".repeat(60), alice);
    await put("c".repeat(41), mallory);
    await at.later();
    await at.blobs.collect(nobodyNames);
    await expect(put("h".repeat(70), alice)).resolves.toMatchObject({ whole: true });
  });

  test("are collected a day after nothing names them any more, not before", async () => {
    await using at = await room(engine);
    await at.blobs.upload(sha256, bytes(content), whole, alice);
    expect(await at.blobs.collect(nobodyNames)).toEqual({ blobs: 0, bytes: 0 });

    await at.later();
    const named: BlobNames = { ...nobodyNames, named: async (digests) => new Set(digests) };
    expect(await at.blobs.collect(named)).toEqual({ blobs: 0, bytes: 0 });

    // A job is about to name it: the collection must leave it alone although nothing does yet.
    await at.blobs.claim([sha256], alice.name);
    expect(await at.blobs.collect(nobodyNames)).toEqual({ blobs: 0, bytes: 0 });

    await at.later();
    expect(await at.blobs.collect(nobodyNames)).toEqual({ blobs: 1, bytes: content.length });
    expect(await at.lower.has(sha256)).toBe(false);
    await expect(at.blobs.claim([sha256], alice.name)).rejects.toMatchObject({ code: "blob.unknown" });
    expect(await at.blobs.state(sha256, alice)).toEqual({ sha256, received: 0, whole: false });
  });
});
