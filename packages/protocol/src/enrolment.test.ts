import fc from "fast-check";
import { expect, test } from "vitest";
import { splitJoinToken } from "./enrolment.ts";

const secrets = fc.stringMatching(/^[A-Za-z0-9_-]{32}$/);
const pins = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);

test("a join token as people see it falls into secret and pin", () => {
  fc.assert(
    fc.property(secrets, pins, (secret, pin) => {
      expect(splitJoinToken(`atj_${secret}.${pin}`)).toEqual({ token: `atj_${secret}`, pin });
    }),
  );
});

test("what is not such a token falls into nothing", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        secrets,
        fc.tuple(secrets, pins).map((parts) => parts.join(".")),
      ),
      (text) => {
        expect(splitJoinToken(text)).toBeUndefined();
      },
    ),
  );
});

test.each(["\n", " ", "."])("a join token with %j at its end is not one", (end) => {
  expect(splitJoinToken(`atj_${"a".repeat(32)}.${"b".repeat(43)}${end}`)).toBeUndefined();
});
