import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtalayaError } from "../failures.ts";
import { MAX_CONTROL_FRAME_BYTES, type AgentFrame, type ServerFrame } from "./frames.ts";
import { parseAgentFrame, parseServerFrame } from "./parse.ts";
import { MAX_FRAME_DEPTH, MAX_FRAME_VALUES } from "./shape.ts";

const run = `run_${"a".repeat(22)}`;
const runs = fc.stringMatching(/^run_[A-Za-z0-9_-]{22}$/);
const counts = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const agentFrames: fc.Arbitrary<AgentFrame> = fc.oneof(
  fc.record({ type: fc.constant("accepted" as const), run: runs }),
  fc.record({ type: fc.constant("running" as const), run: runs, startedAt: counts }),
  fc.record({
    type: fc.constant("result" as const),
    run: runs,
    state: fc.constantFrom("succeeded" as const, "failed" as const, "lost" as const),
    result: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.integer()),
    lastSequence: counts,
  }),
  fc.record({ type: fc.constant("renew" as const), csr: fc.string({ maxLength: 100 }) }),
  fc.record({
    type: fc.constant("hello" as const),
    versions: fc.array(fc.integer(), { minLength: 1, maxLength: 16 }),
    agentVersion: fc.string({ maxLength: 64 }),
    bootId: fc.string({ maxLength: 64 }),
    nonce: fc.string({ maxLength: 64 }),
    fingerprint: fc.record({ uuid: fc.string({ maxLength: 64 }), macs: fc.constant([] as string[]) }),
    system: fc.record({ kind: fc.constantFrom("live" as const, "os" as const), name: fc.string({ maxLength: 128 }) }),
    epoch: counts,
    capabilities: fc.array(fc.string({ maxLength: 64 }), { maxLength: 8 }),
    spool: fc.array(
      fc.record({ run: runs, phase: fc.constantFrom("accepted" as const, "finished" as const), lastSequence: counts }),
      { maxLength: 8 },
    ),
  }),
);

const serverFrames: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({ type: fc.constant("cancel" as const), run: runs, epoch: fc.integer({ min: 1 }) }),
  fc.record({ type: fc.constant("settled" as const), runs: fc.array(runs, { minLength: 1, maxLength: 5 }) }),
  fc.record({ type: fc.constant("drain" as const), afterMs: counts, slot: counts }),
  fc.record({
    type: fc.constant("refused" as const),
    code: fc.string({ maxLength: 64 }),
    message: fc.string({ maxLength: 200 }),
    retryAfterMs: counts,
  }),
);

describe("a control frame", () => {
  test("of an agent survives the wire", () => {
    fc.assert(
      fc.property(agentFrames, (frame) => {
        expect(parseAgentFrame(JSON.stringify(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
      }),
    );
  });

  test("of the server survives the wire", () => {
    fc.assert(
      fc.property(serverFrames, (frame) => {
        expect(parseServerFrame(JSON.stringify(frame))).toEqual(JSON.parse(JSON.stringify(frame)));
      }),
    );
  });

  test("is read or refused with a code, whatever the text is", () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.json(), mutated(agentFrames), mutated(serverFrames));
    fc.assert(
      fc.property(texts, (text) => {
        for (const parse of [parseAgentFrame, parseServerFrame]) {
          expect([undefined, "frame.malformed"]).toContain(codeOf(() => parse(text)));
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("loses what its schema does not name", () => {
    expect(parseAgentFrame(JSON.stringify({ type: "accepted", run, more: 1 }))).toEqual({ type: "accepted", run });
  });

  test("never repeats in its refusal what it said", () => {
    const texts = [`{"secret":hunter2}`, `{"type":"hunter2"}`, `{"type":"accepted","run":"hunter2"}`, `"hunter2`];
    for (const text of texts) expect(messageOf(() => parseAgentFrame(text))).not.toContain("hunter2");
    const start = { type: "start", run, secrets: { "hunter2 ": "hunter2" } };
    expect(messageOf(() => parseServerFrame(JSON.stringify(start)))).not.toContain("hunter2");
  });
});

describe("a hostile frame", () => {
  test.each([
    ["at its top", `{"type":"accepted","run":"${run}","__proto__":{"polluted":true}}`],
    ["as its only content", `{"__proto__":{"type":"accepted","run":"${run}"}}`],
    ["in its hardware", hello({ fingerprint: `{"macs":[],"__proto__":{"uuid":"x"}}` })],
  ])("cannot change a prototype %s", (_, text) => {
    const code = codeOf(() => {
      const frame = parseAgentFrame(text);
      expect(Object.getPrototypeOf(frame)).toBe(Object.prototype);
      expect(JSON.stringify(frame)).not.toContain("__proto__");
    });
    expect([undefined, "frame.malformed"]).toContain(code);
    expect("polluted" in {}).toBe(false);
  });

  test.each(["__proto__", "\\u005f_proto__"])("cannot hide a key %s in a result", (key) => {
    const text = `{"type":"result","run":"${run}","state":"failed","lastSequence":0,"result":{"a":[{"${key}":{"b":1}}]}}`;
    expect(codeOf(() => parseAgentFrame(text))).toBe("frame.malformed");
  });

  test("cannot hide a prototype among secrets", () => {
    const ticket = `{"claims":"{}","index":0,"size":1,"path":[],"signature":""}`;
    const text = `{"type":"start","run":"${run}","handle":1,"epoch":1,"capability":"exec","request":"{}","ticket":${ticket},"secrets":{"__proto__":"x","A":"b"}}`;
    const frame = parseServerFrame(text);
    expect(frame.type === "start" && Object.getPrototypeOf(frame.secrets)).toBe(Object.prototype);
    expect(frame.type === "start" && Object.keys(frame.secrets ?? {})).toEqual(["A"]);
  });

  test.each([
    ["too deep", `{"type":"result","result":${"[".repeat(MAX_FRAME_DEPTH)}${"]".repeat(MAX_FRAME_DEPTH)}}`],
    ["two million levels deep", "[".repeat(2_000_000)],
    ["two million levels of objects deep", `{"a":`.repeat(800_000)],
    ["of too many values", `{"type":"hello","spool":[${"0,".repeat(MAX_FRAME_VALUES)}0]}`],
    ["with a spool too long", hello({ spool: `[${"0,".repeat(199_000)}0]` })],
    ["with too many MACs", hello({ fingerprint: `{"macs":[${`"",`.repeat(65)}""]}` })],
    ["of one endless string", `"${"\\".repeat(4_000_000)}`],
    ["of escaped quotes", `{"a":"${`\\"`.repeat(2_000_000)}`],
    ["with a number that is none", hello({ epoch: "1e999" })],
    ["with a negative epoch", hello({ epoch: "-1" })],
  ])("%s is refused in little time", (_, text) => {
    const began = performance.now();
    expect(codeOf(() => parseAgentFrame(text))).toBe("frame.malformed");
    // Here about 40 ms at most; the limit only tells linear from worse.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  test("over the limit is refused by its length alone", () => {
    expect(codeOf(() => parseAgentFrame(" ".repeat(MAX_CONTROL_FRAME_BYTES + 1)))).toBe("frame.too-large");
  });

  test("of brackets inside strings is not deep", () => {
    const result = { text: `${"[".repeat(500)}\\"${"{".repeat(500)}`, more: "\\" };
    const frame = { type: "result", run, state: "failed", lastSequence: 0, result };
    expect(parseAgentFrame(JSON.stringify(frame))).toEqual(frame);
  });
});

function hello(overrides: Readonly<Record<string, string>>): string {
  const fields = {
    versions: "[1]",
    agentVersion: `"1"`,
    bootId: `"b"`,
    nonce: `"n"`,
    fingerprint: `{"macs":[]}`,
    system: `{"kind":"os","name":"x"}`,
    epoch: "0",
    capabilities: "[]",
    spool: "[]",
    ...overrides,
  };
  return `{"type":"hello",${Object.entries(fields)
    .map(([name, json]) => `"${name}":${json}`)
    .join(",")}}`;
}

/** Real frames with a piece cut out, doubled or replaced: nearer to the schemas than noise. */
function mutated(frames: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .tuple(frames, fc.nat(), fc.nat({ max: 9 }), fc.constantFrom("", "[", "}", "null", "-1", `"`, "1e400"))
    .map(([frame, at, length, put]) => {
      const text = JSON.stringify(frame);
      const start = at % text.length;
      return text.slice(0, start) + put + text.slice(start + length);
    });
}

function codeOf(act: () => unknown): string | undefined {
  return thrownBy(act)?.code;
}

function messageOf(act: () => unknown): string {
  const error = thrownBy(act);
  expect(error).toBeDefined();
  return error?.message ?? "";
}

function thrownBy(act: () => unknown): AtalayaError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof AtalayaError) return error;
    throw error;
  }
}
