import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_LINE, prefixedLines } from "./lines.ts";

const named = () => prefixedLines((host, stream) => `${host}/${stream}: `);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const line = Buffer.from;

test("a line waits until it is whole, and the last one is ended with the run", () => {
  const lines = named();
  expect(text(lines.add("a", "stdout", line("one\ntw")))).toBe("a/stdout: one\n");
  expect(text(lines.add("b", "stdout", line("other")))).toBe("");
  expect(text(lines.add("a", "stderr", line("oops\n")))).toBe("a/stderr: oops\n");
  expect(text(lines.add("a", "stdout", line("o\n")))).toBe("a/stdout: two\n");
  expect(text(lines.end("b", "stdout"))).toBe("b/stdout: other\n");
  expect(text(lines.end("b", "stdout"))).toBe("");
});

test("an endless line is printed in pieces, so that nothing waits without a limit", () => {
  const printed = text(named().add("a", "stdout", Buffer.alloc(2 * LONGEST_LINE + 5, "x")));
  expect(printed).toBe(`a/stdout: ${"x".repeat(LONGEST_LINE)}\n`.repeat(2));
});

test("however output is cut into chunks, no byte is lost, added or given to another host", () => {
  const chunk = fc.record({
    host: fc.constantFrom("a", "b"),
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    bytes: fc.array(fc.constantFrom(0x0a, 0x0d, 0x00, 0xff, 0x61, 0x62)).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const lines = named();
      let printed = chunks.map(({ host, stream, bytes }) => text(lines.add(host, stream, bytes))).join("");
      for (const host of ["a", "b"]) {
        for (const stream of ["stdout", "stderr"] as const) {
          printed += text(lines.end(host, stream));
          const prefix = `${host}/${stream}: `;
          const shown = printed
            .split("\n")
            .filter((one) => one.startsWith(prefix))
            .map((one) => one.slice(prefix.length));
          const sent = text(
            Buffer.concat(chunks.filter((one) => one.host === host && one.stream === stream).map(({ bytes }) => bytes)),
          );
          expect(shown.map((one) => `${one}\n`).join("")).toBe(sent === "" || sent.endsWith("\n") ? sent : `${sent}\n`);
        }
      }
      expect(
        printed
          .split("\n")
          .slice(0, -1)
          .every((one) => /^[ab]\/(stdout|stderr): /.test(one)),
      ).toBe(true);
    }),
  );
});
