import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { printable, terminal } from "./terminal.ts";

const stream = (isTTY: boolean) =>
  Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream;

test.each([
  ["on a terminal", true, {}, true],
  ["in a pipe", false, {}, false],
  ["with NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["with an empty NO_COLOR, which means nothing", true, { NO_COLOR: "" }, true],
  ["on a dumb terminal", true, { TERM: "dumb" }, false],
] as const)("colours %s: %o", (_where, isTTY, env, colours) => {
  const { out } = terminal({ stdout: stream(isTTY), stderr: stream(true) }, env);
  expect(out.paint.red("x") !== "x").toBe(colours);
});

test("each stream has its own colours, and the line is rewritten only where stderr is a terminal", () => {
  const screen = terminal({ stdout: stream(true), stderr: stream(false) }, {});
  expect(screen.err.paint.red("x")).toBe("x");
  expect(screen.out.paint.red("x")).not.toBe("x");
  expect(screen.live).toBe(false);
  expect(screen.err.columns).toBeUndefined();
});

test("a terminal that does not know its width has none", () => {
  const narrow = Object.assign(new PassThrough(), { isTTY: true, columns: 0 }) as unknown as NodeJS.WriteStream;
  expect(terminal({ stdout: narrow, stderr: narrow }, {}).err.columns).toBeUndefined();
});

test("control characters become visible, tabs stay", () => {
  expect(printable("a\tb\u0007\u009b\u202e")).toBe("a\tb\\x07\\x9b\\u202e");
});
