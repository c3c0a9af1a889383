import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

test("without words the server runs as its settings say", () => {
  expect(parseArguments([])).toEqual({ kind: "run", mode: "as-set" });
  expect(parseArguments(["--daemon"])).toEqual({ kind: "run", mode: "background" });
  expect(parseArguments(["status"])).toEqual({ kind: "status" });
  expect(parseArguments(["stop"])).toEqual({ kind: "stop" });
  expect(parseArguments(["--help"])).toEqual({ kind: "help" });
});

test.each([[["start"]], [["--deamon"]], [["stop", "now"]], [["--daemon", "status"]]])("%j is refused", (words) => {
  expect(() => parseArguments(words)).toThrow(expect.objectContaining({ code: "settings.wrong" }));
});
