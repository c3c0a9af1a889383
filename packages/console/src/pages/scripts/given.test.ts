import { expect, test } from "vitest";
import type { Parameter } from "../../api/scripts.ts";
import { givenAtFirst, mistakeIn, valuesOf } from "./given.ts";

const parameters: readonly Parameter[] = [
  { type: "choice", name: "SERVICE", choices: ["nginx", "apache2"], default: "nginx" },
  { type: "number", name: "TRIES", integer: true, min: 1, max: 9, default: 3 },
  { type: "boolean", name: "QUIET", required: false },
  { type: "string", name: "MESSAGE", required: false },
  { type: "secret", name: "TOKEN" },
  { type: "file", name: "CONFIG", required: false },
];

test("a form begins with the defaults and gives what each type wants", () => {
  const given = { ...givenAtFirst(parameters), TRIES: "4", TOKEN: "secret", CONFIG: "ab".repeat(32) };
  expect(givenAtFirst(parameters)).toMatchObject({ SERVICE: "nginx", TRIES: "3", QUIET: false, TOKEN: "" });
  expect(valuesOf(parameters, given)).toEqual({
    values: { SERVICE: "nginx", TRIES: 4, QUIET: false, CONFIG: { sha256: "ab".repeat(32) } },
    secrets: { TOKEN: "secret" },
  });
});

test("what does not fit is told where it is typed", () => {
  const [, tries, quiet, message, token] = parameters as [Parameter, Parameter, Parameter, Parameter, Parameter];
  expect(["", "x", "1.5", "0", "10", "5"].map((text) => mistakeIn(tries, text))).toEqual([
    "missing",
    "number",
    "integer",
    "least",
    "most",
    undefined,
  ]);
  expect(mistakeIn(quiet, undefined)).toBeUndefined();
  expect(mistakeIn(message, "")).toBeUndefined();
  expect(mistakeIn(token, "")).toBe("missing");
});
