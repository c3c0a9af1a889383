import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLogBuffer } from "./log-buffer.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the lines of many runs", () => {
  test("come whole, however their bytes were cut", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 }).map((line) => line.replaceAll(/\p{Cc}/gu, " "));
    fc.assert(
      fc.property(fc.array(text, { maxLength: 12 }), fc.array(fc.nat(200), { maxLength: 12 }), (lines, cuts) => {
        const whole = bytes(lines.map((line) => `${line}\n`).join(""));
        const log = createLogBuffer();
        let from = 0;
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          log.take(0, false, whole.subarray(from, cut));
          from = Math.max(from, Math.min(cut, whole.length));
        }
        log.take(0, false, whole.subarray(from));
        expect(log.lines.map((line) => line.text)).toEqual(lines);
      }),
    );
  });

  test("never mix two runs or two streams in one line", () => {
    const log = createLogBuffer();
    log.take(0, false, bytes("one "));
    log.take(1, false, bytes("other\n"));
    log.take(0, true, bytes("error\n"));
    log.take(0, false, bytes("line\n"));
    expect(log.lines).toEqual([
      { run: 0, isError: false, text: "one line" },
      { run: 1, isError: false, text: "other" },
      { run: 0, isError: true, text: "error" },
    ]);
  });

  test("are shown before they end", () => {
    const log = createLogBuffer();
    log.take(0, false, bytes("Password: "));
    expect(log.lines[0]?.text).toBe("Password: ");
  });

  test("go on in the colour of the line before", () => {
    const log = createLogBuffer();
    log.take(0, false, bytes("\u001b[31mred\nstill red\u001b[0m\nplain\n"));
    expect(log.lines.map((line) => line.style?.fg)).toEqual([undefined, 1, undefined]);
  });

  test("are bounded, and say how many were dropped", () => {
    const log = createLogBuffer({ lines: 100, characters: 10_000 });
    for (let at = 0; at < 1_000; at++) log.take(0, false, bytes(`line ${at}\n`));
    expect(log.lines.length).toBeLessThanOrEqual(110);
    expect(log.dropped + log.lines.length).toBe(1_000);
    expect(log.lines.at(-1)?.text).toBe("line 999");
    log.take(0, false, bytes("x".repeat(100_000)));
    expect(log.lines.at(-1)!.text.length).toBeLessThanOrEqual(100_000);
  });

  test("have equal digests where the same was printed, however it was cut", () => {
    const log = createLogBuffer();
    log.take(0, false, bytes("a\nb\n"));
    log.take(1, false, bytes("a"));
    log.take(1, false, bytes("\nb\n"));
    log.take(2, true, bytes("a\nb\n"));
    log.take(3, false, bytes("a\nc\n"));
    expect(log.digestOf(1)).toBe(log.digestOf(0));
    expect(new Set([0, 2, 3].map((run) => log.digestOf(run))).size).toBe(3);
  });
});
