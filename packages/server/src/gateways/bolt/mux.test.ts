import fc from "fast-check";
import { expect, test } from "vitest";
import { createMux, type MuxLimits, type StreamEvents } from "./mux.ts";

function openMux(limits: Partial<MuxLimits> = {}, opened: (meta: string) => StreamEvents | undefined = () => ({})) {
  const written: unknown[] = [];
  const mux = createMux({ write: (text) => void written.push(JSON.parse(text)), opened, limits });
  return {
    mux,
    written,
    frame: (...parts: readonly unknown[]) => mux.receive(Buffer.from(`${JSON.stringify(parts)}\n`)),
  };
}

const ids = fc.constantFrom("a", "b", "c", "__proto__", "");
const events = fc.constantFrom("new", "data", "end", "close", "pause", "resume", "error", "drain", "toString");
const openings = fc.record({ meta: fc.constantFrom("capability", "beacon", "relay:1", "x"), opts: fc.anything() });

test("no sequence of frames breaks it, and it never has more streams than its limit", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, events, fc.oneof(openings, fc.string(), fc.jsonValue()))), (frames) => {
      const { mux, frame } = openMux({ streams: 2 }, (meta) => (meta === "x" ? undefined : {}));
      for (const each of frames) frame(...each);
      expect(mux.size).toBeLessThanOrEqual(2);
      mux.ended();
      expect(mux.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test("bytes of any kind do nothing worse than end the connection", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      const { mux } = openMux();
      try {
        for (const chunk of chunks) mux.receive(Buffer.from(chunk));
      } catch (error) {
        expect(error).toMatchObject({ code: "bolt.malformed" });
      }
    }),
  );
});

test("`closed` comes once and last, and after it nothing is told any more", () => {
  const told: string[] = [];
  const { mux, written, frame } = openMux();
  const stream = mux.open(
    { meta: "relay:5000", writable: true, readable: true },
    { data: (chunk) => told.push(chunk), end: () => told.push("end"), closed: () => told.push("closed") },
  );
  const [[id]] = written as [[string]];
  frame(id, "data", "one");
  frame(id, "end");
  frame(id, "data", "late");
  frame(id, "close");
  frame(id, "close");
  frame(id, "data", "later");
  stream.send("nobody hears");
  mux.ended();
  expect(told).toEqual(["one", "end", "closed"]);
  expect(written.slice(1)).toEqual([
    [id, "end"],
    [id, "close"],
  ]);
});

test("a paused stream holds what it sends, and is closed when that is too much", () => {
  const { mux, written, frame } = openMux({ heldCharacters: 100 });
  const stream = mux.open({ meta: "beacon", writable: true, readable: true }, {});
  const [[id]] = written as [[string]];
  frame(id, "pause");
  stream.send("held");
  expect(written).toHaveLength(1);
  frame(id, "resume");
  expect(written.at(-1)).toEqual([id, "data", "held"]);
  frame(id, "pause");
  for (let i = 0; i < 10; i++) stream.send("x".repeat(20));
  expect(written.slice(-2)).toEqual([
    [id, "end"],
    [id, "close"],
  ]);
  expect(mux.size).toBe(0);
});

test("nonsense is borne with for a while only", () => {
  const { frame } = openMux({ nonsense: 3 });
  for (let i = 0; i < 3; i++) frame("nobody", "whatever");
  expect(() => frame({})).toThrow("mean nothing");
});
