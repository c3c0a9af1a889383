import { expect, test } from "vitest";
import { asksMore, isWrongCode, stepAfter } from "./steps.ts";

const begin = { kind: "password" } as const;
const asked = (text: string) => ({ code: "identity.answer-needed", details: { prompts: [{ text, echo: true }] } });

test("questions of the machine are asked one round after the other, and earlier answers go along", () => {
  const first = stepAfter(begin, asked("Token: "), []);
  expect(first).toEqual({ kind: "questions", prompts: [{ text: "Token:", echo: true }], messages: [], given: [] });
  const second = stepAfter(first, asked("And the next:"), ["42"]);
  expect(second).toMatchObject({ kind: "questions", given: ["42"] });
  expect(stepAfter(second, { code: "identity.wrong-credentials" }, ["42", "7"])).toEqual(begin);
});

test("a second factor is asked for, or set up first", () => {
  expect(stepAfter(begin, { code: "identity.second-factor" }, [])).toEqual({ kind: "code" });
  const setup = { code: "identity.second-factor-setup", details: { uri: "otpauth://x", secret: "S" } };
  expect(stepAfter(begin, setup, [])).toEqual({ kind: "setup", uri: "otpauth://x", secret: "S" });
  expect(asksMore(setup)).toBe(true);
});

test("a wrong code is asked for again, not the password, and it is said", () => {
  const wrong = { code: "identity.second-factor", details: { wrong: true } };
  expect(stepAfter({ kind: "code" }, wrong, [])).toEqual({ kind: "code" });
  const setup = { kind: "setup", uri: "otpauth://x", secret: "S" } as const;
  expect(stepAfter(setup, wrong, [])).toEqual(setup);
  expect([isWrongCode(wrong), asksMore(wrong)]).toEqual([true, false]);
  expect([isWrongCode({ code: wrong.code }), asksMore({ code: wrong.code })]).toEqual([false, true]);
  expect(stepAfter({ kind: "code" }, { code: "identity.wrong-credentials" }, [])).toEqual({ kind: "code" });
  expect(asksMore({ code: "identity.wrong-credentials" })).toBe(false);
});
