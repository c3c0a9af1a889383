import fc from "fast-check";
import { expect, test } from "vitest";
import { AtalayaError } from "../failures.ts";
import { parseAgentFrame } from "../link/parse.ts";
import { joinLive, splitLive, statusNames, withoutSecrets } from "./index.ts";

const digest = "a".repeat(64);

test("a status frame that is damaged or made up anyhow is read or refused with a code, never more", () => {
  const whole = JSON.stringify({
    type: "status",
    parts: { os: digest, packages: digest },
    values: {
      os: { hostname: "pc-1", cpus: [{ model: "x" }], networkInterfaces: { lo: [] } },
      packages: [{ id: "1", name: "hello", version: "1", status: { installed: true } }],
    },
    live: { uptime: 1, loadavg: [0, 0, 0] },
  });
  const made = fc
    .record({
      type: fc.constant("status"),
      parts: fc.dictionary(
        fc.oneof(fc.constantFrom(...statusNames), fc.string()),
        fc.oneof(fc.constant(digest), fc.string()),
      ),
      values: fc.dictionary(fc.oneof(fc.constantFrom(...statusNames), fc.constant("__proto__")), fc.jsonValue()),
      live: fc.option(fc.dictionary(fc.constantFrom("uptime", "loadavg", "cpus"), fc.jsonValue())),
    })
    .map((frame) => JSON.stringify(frame));
  const damaged = fc
    .tuple(fc.nat(whole.length), fc.nat(12), fc.string({ maxLength: 12 }))
    .map(([at, length, text]) => whole.slice(0, at) + text + whole.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(made, damaged), (text) => {
      try {
        const frame = parseAgentFrame(text);
        expect(frame.type).toBe("status");
      } catch (error) {
        expect(error).toBeInstanceOf(AtalayaError);
        expect((error as AtalayaError).code).toMatch(/^frame\./);
      }
    }),
    { numRuns: 500 },
  );
  expect(parseAgentFrame(whole).type).toBe("status");
});

test.each([
  ["a part nobody knows", { type: "status", parts: { secrets: digest } }],
  ["a digest that is none", { type: "status", parts: { os: "x" } }],
  ["a value of another shape", { type: "status", parts: { packages: digest }, values: { packages: [{ name: 1 }] } }],
  [
    "more packages than there are",
    { type: "status", parts: {}, values: { packages: Array(20_001).fill({ id: "", name: "", version: "" }) } },
  ],
  [
    "too deep a value",
    { type: "status", parts: {}, values: { config: JSON.parse(`${'{"a":'.repeat(70)}1${"}".repeat(70)}`) as unknown } },
  ],
])("%s is refused", (_, frame) => {
  expect(() => parseAgentFrame(JSON.stringify(frame))).toThrow(AtalayaError);
});

test("a prototype does not come in by a key", () => {
  const text = `{"type":"status","parts":{},"values":{"config":{"a":{"__proto__":{"x":1}}}}}`;
  expect(() => parseAgentFrame(text)).toThrow("__proto__");
});

test("secrets keep their key and lose their value, wherever they stand", () => {
  const told = {
    env: { skey: "s", token: "t", tracker: "https://TOKEN@tracker.example/", id: "x" },
    config: { key: "/etc/minion.key", cert: "-----BEGIN CERTIFICATE-----", dbPassword: "p", tokens: 3, keyboard: "es" },
    list: [{ API_TOKEN: "t" }, "-----BEGIN EC PRIVATE KEY-----\nMIG", { key: { inner: 1 } }],
    instances: [{ options: { env: { PATH: "/bin", DATABASE_URL: "postgres://u:p@db/x" }, cwd: "/" } }],
  };
  expect(withoutSecrets(told)).toEqual({
    env: { skey: null, token: null, tracker: "https://tracker.example/", id: "x" },
    config: { key: null, cert: "-----BEGIN CERTIFICATE-----", dbPassword: null, tokens: 3, keyboard: "es" },
    list: [{ API_TOKEN: null }, null, { key: null }],
    instances: [{ options: { env: { PATH: null, DATABASE_URL: null }, cwd: "/" } }],
  });
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const once = withoutSecrets(value);
      expect(withoutSecrets(once)).toEqual(once);
    }),
  );
});

test("what is live comes back where it was", () => {
  const os = {
    hostname: "a",
    uptime: 1,
    cpus: [{ model: "x", speed: 2, times: { user: 1, nice: 0, sys: 0, idle: 0, irq: 0 } }],
  };
  const { stable, live } = splitLive(os);
  expect(stable).toEqual({ hostname: "a", cpus: [{ model: "x" }] });
  expect(joinLive(stable, live)).toEqual(os);
  expect(joinLive(stable, undefined)).toEqual(stable);
});
