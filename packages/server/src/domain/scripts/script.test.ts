import { expect, test } from "vitest";
import { inputOf, Parameter } from "./script.ts";

const choice = (choices: readonly string[]) => Parameter.parse({ type: "choice", name: "HOW", choices });
const refused = (parameter: Parameter, value: string) => () =>
  inputOf([parameter], { values: { HOW: value }, secrets: {} });

test("who gives none of the choices is told them", () => {
  expect(refused(choice(["loudly", "softly"]), "gaily")).toThrow(
    'values.HOW is none of its choices: "loudly", "softly".',
  );
  const many = Array.from({ length: 30 }, (_, at) => `c${at}`);
  expect(refused(choice(many), "x")).toThrow(/"c19" and 10 more\.$/);
});
