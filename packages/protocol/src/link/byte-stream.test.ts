import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtalayaError } from "../failures.ts";
import { MAX_STREAM_MESSAGE_BYTES, streamEnds, type StreamSocket } from "./byte-stream.ts";
import { parseStreamText } from "./streams.ts";

/** A socket and a duplex that write down what happens to them. */
function bench() {
  const sent: (string | number)[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const state = { bufferedAmount: 0, paused: false, closed: "", pushed: [] as (string | null)[], failed: "" };
  const socket: StreamSocket = {
    get bufferedAmount() {
      return state.bufferedAmount;
    },
    send(data, _, done) {
      sent.push(typeof data === "string" ? data : data.length);
      if (done !== undefined) waiting.push(done);
    },
    pause: () => void (state.paused = true),
    resume: () => void (state.paused = false),
    close: (code, reason) => void (state.closed = `${code} ${reason}`),
  };
  let room = true;
  const said: unknown[] = [];
  const ends = streamEnds(
    socket,
    () => ({
      push(bytes) {
        state.pushed.push(bytes === null ? null : new TextDecoder().decode(bytes));
        return room;
      },
      destroy: (error) => void (state.failed = error instanceof AtalayaError ? error.code : String(error)),
    }),
    (value) => said.push(value),
  );
  return { ends, sent, waiting, state, said, full: () => (room = false), done: (): void => undefined };
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe("the two ends of a stream", () => {
  test("cut what is written into messages of a bounded size", () => {
    const { ends, sent, done } = bench();
    ends.options.write(new Uint8Array(2 * MAX_STREAM_MESSAGE_BYTES + 1), undefined, done);
    expect(sent).toEqual([MAX_STREAM_MESSAGE_BYTES, MAX_STREAM_MESSAGE_BYTES, 1]);
  });

  test("let a writer wait while the socket is full", () => {
    const { ends, waiting, state } = bench();
    let done = 0;
    ends.options.write(new Uint8Array(10), undefined, () => (done += 1));
    expect(done).toBe(1);
    state.bufferedAmount = 1024 * 1024;
    ends.options.write(new Uint8Array(10), undefined, () => (done += 1));
    expect(done).toBe(1);
    for (const sent of waiting) sent();
    expect(done).toBe(2);
    expect(ends.say({ some: "thing" })).toBe(false);
  });

  test("stop the socket while nobody reads, and let it go on", () => {
    const { ends, state, full } = bench();
    full();
    ends.message(text("bytes"), true);
    expect([state.paused, ends.paused]).toEqual([true, true]);
    ends.options.read();
    expect([state.paused, ends.paused]).toEqual([false, false]);
  });

  test("end one direction and go on in the other, with a last word", () => {
    const { ends, sent, state, done } = bench();
    ends.lastWord({ exitCode: 3 });
    ends.options.final(done);
    expect(sent).toEqual(['{"type":"end","value":{"exitCode":3}}']);
    ends.message(text({ type: "say", value: 1 }), false);
    ends.message(text({ type: "end", value: "bye" }), false);
    expect(ends.heard).toBe("bye");
    expect(state.pushed).toEqual([null]);
    ends.closed("");
    expect(state.failed).toBe("");
  });

  test("tell one that was cut from one that ended, and say the other end's reason", () => {
    const cut = bench();
    cut.ends.closed("");
    expect(cut.state.failed).toBe("stream.broken");
    const told = bench();
    told.ends.closed("stream.idle");
    expect(told.state.failed).toBe("stream.idle");
    const lies = bench();
    lies.ends.closed("no.such-code");
    expect(lies.state.failed).toBe("stream.broken");
  });

  test("close with the code of what went wrong", () => {
    const { ends, state, done } = bench();
    ends.options.destroy(new AtalayaError("stream.limit", "too many"), done);
    expect(state.closed).toBe("1011 stream.limit");
    const other = bench();
    other.ends.options.destroy(null, done);
    expect(other.state.closed).toBe("1000 ");
  });

  test("take no bytes after an end, and no text that cannot be read", () => {
    const after = bench();
    after.ends.message(text({ type: "end" }), false);
    after.ends.message(text("more"), true);
    expect(after.state.failed).toBe("frame.unexpected");
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (foreign) => {
        try {
          parseStreamText(foreign);
        } catch (error) {
          expect((error as AtalayaError).code).toBe("frame.malformed");
          if (foreign.length > 8) expect((error as Error).message).not.toContain(foreign);
        }
      }),
    );
    expect(() => parseStreamText("[".repeat(60_000))).toThrow(AtalayaError);
  });
});
