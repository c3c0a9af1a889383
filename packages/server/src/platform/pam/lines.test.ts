import fc from "fast-check";
import { expect, test } from "vitest";
import { lineOf, lineReader, Question } from "./lines.ts";

test("lines come out whole, however the pipe cuts them", () => {
  const lines = fc.array(
    fc.string({ unit: "grapheme" }).filter((line) => !line.includes("\n")),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(lines, fc.array(fc.nat(40), { maxLength: 20 }), (sent, cuts) => {
      let bytes = Buffer.from(sent.map((line) => `${line}\n`).join(""));
      const read = lineReader(1_000_000);
      const heard: string[] = [];
      for (const cut of cuts) {
        heard.push(...read(Buffer.from(bytes.subarray(0, cut))));
        bytes = bytes.subarray(Math.min(cut, bytes.length));
      }
      heard.push(...read(Buffer.from(bytes)));
      expect(heard).toEqual(sent);
    }),
  );
});

test("a line without end is refused before it is held", () => {
  const read = lineReader(100);
  read(Buffer.alloc(100, 65));
  expect(() => read(Buffer.alloc(1, 65))).toThrow("longer than 100 bytes");
  expect(() => lineReader(10)(Buffer.from("12345678901\n"))).toThrow("longer than 10 bytes");
});

test("what was read is wiped from the pipe's buffer", () => {
  const chunk = Buffer.from('{"password":"geheim"}\nrest');
  lineReader(100)(chunk);
  expect(chunk.every((byte) => byte === 0)).toBe(true);
});

test("a question survives the pipe, and anything else is no question", () => {
  const attempt = { account: "ana", password: 'a"b\\\n\u2028é', answers: ["1"], address: "::1" };
  const question = { kind: "check", id: 7, attempt } as const;
  expect(Question.parse(JSON.parse(lineReader(1_000)(Buffer.from(lineOf(question)))[0]!))).toEqual(question);
  fc.assert(fc.property(fc.json(), (json) => !Question.safeParse(JSON.parse(json)).success));
});
