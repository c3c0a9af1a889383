import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cookieNamed,
  csrfOf,
  decodeCookie,
  encodeCookie,
  SESSION_COOKIE,
  setCookie,
  type CookieKey,
} from "./cookie.ts";

const key: CookieKey = { id: "aaaaaaaa", bytes: randomBytes(32) };
const other: CookieKey = { id: "bbbbbbbb", bytes: randomBytes(32) };
const known = (id: string) => [key, other].find((each) => each.id === id);
const stamped = fc.record({
  secret: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  stampedAt: fc.integer({ min: 0, max: 9_999_999_999_999 }),
});

test("a cookie says again what was put into it", () => {
  fc.assert(
    fc.property(stamped, (value) => {
      expect(decodeCookie(encodeCookie(value, key), known)).toEqual(value);
    }),
  );
});

test("one changed character makes a cookie worthless, wherever it stands", () => {
  const made = encodeCookie({ secret: randomBytes(32).toString("base64url"), stampedAt: 1_700_000_000_000 }, key);
  fc.assert(
    fc.property(fc.nat(made.length - 1), fc.constantFrom(..."aB0_-.b9"), (at, character) => {
      fc.pre(made[at] !== character);
      expect(decodeCookie(made.slice(0, at) + character + made.slice(at + 1), known)).toBeUndefined();
    }),
  );
});

test("what somebody else signed, or a key that is gone, names nobody", () => {
  const value = { secret: randomBytes(32).toString("base64url"), stampedAt: 1_700_000_000_000 };
  const forged = encodeCookie(value, { id: key.id, bytes: randomBytes(32) });
  expect(decodeCookie(forged, known)).toBeUndefined();
  expect(decodeCookie(encodeCookie(value, other), known)).toEqual(value);
  expect(decodeCookie(encodeCookie(value, other), (id) => (id === key.id ? key : undefined))).toBeUndefined();
});

test("no text at all makes the reader fail", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => decodeCookie(text, known) === undefined));
});

test("the cookie is found among others, and not believed when it is there twice", () => {
  expect(cookieNamed(SESSION_COOKIE, `theme=dark; ${SESSION_COOKIE}=abc; x=1`)).toBe("abc");
  expect(cookieNamed(SESSION_COOKIE, `x${SESSION_COOKIE}=abc`)).toBeUndefined();
  expect(cookieNamed(SESSION_COOKIE, `${SESSION_COOKIE}=abc; ${SESSION_COOKIE}=def`)).toBeUndefined();
  expect(cookieNamed(SESSION_COOKIE, null)).toBeUndefined();
});

test("a browser keeps the cookie from scripts, plain HTTP, other sites and other hosts", () => {
  expect(setCookie("v", 90_500)).toBe(
    "__Host-atalaya-session=v; Path=/; Max-Age=90; Secure; HttpOnly; SameSite=Strict",
  );
});

test("the token against forged requests hangs on the session's secret alone", () => {
  const [one, two] = [randomBytes(32).toString("base64url"), randomBytes(32).toString("base64url")];
  expect(csrfOf(one)).toBe(csrfOf(one));
  expect(csrfOf(one)).not.toBe(csrfOf(two));
  expect(csrfOf(one)).not.toContain(one);
});
