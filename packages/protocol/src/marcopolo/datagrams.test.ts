import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_MARCO_BYTES, parseAnswer, parseQuestion, writeAnswer, writeQuestion } from "./datagrams.ts";
import { ServiceFile, userService } from "./services.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

describe("a datagram of MarcoPolo", () => {
  test("is written byte for byte as the original writes it", () => {
    expect(bytes(writeQuestion({ kind: "marco" }))).toEqual(
      new Uint8Array(hex("7b22436f6d6d616e64223a20224d6172 636f227d")),
    );
    expect(writeAnswer({ kind: "polo", params: { hostname: "n7" } })).toBe(
      '{"Command":"Polo","Params":{"hostname":"n7"}}',
    );
    expect(writeQuestion({ kind: "request-for", service: "printer" })).toHaveLength(47);
    expect(writeAnswer({ kind: "ok", params: { port: 8080 } })).toBe('{"Command": "OK", "Params": {"port": 8080}}');
    expect(writeAnswer({ kind: "ok", params: {} })).toHaveLength(31);
  });

  test("is read with any white space and under every alias", () => {
    expect(parseQuestion(bytes('{ "Command" :"Discover"}'))).toEqual({ kind: "marco" });
    expect(parseQuestion(bytes('{"Command":"Request-for","Params":"a:b"}'))).toEqual({
      kind: "request-for",
      service: "a:b",
    });
    expect(parseAnswer(bytes('{"Command":"Polo","Params":"{\'hostname\': \'x\'}"}'))).toEqual({
      kind: "polo",
      params: {},
    });
  });

  test("gives its list of services under either name", () => {
    const services = [{ id: "deployer", params: { port: 1342 } }];
    const written = writeAnswer({ kind: "services", services });
    expect(parseAnswer(bytes(written))).toEqual({ kind: "services", services });
    expect(parseAnswer(bytes(written.replace("Services", "Params")))).toEqual({ kind: "services", services });
  });

  test.each([
    ["no JSON", "Marco"],
    ["a list", '["Marco"]'],
    ["an unknown command", '{"Command":"Polo!"}'],
    ["a service that is no text", '{"Command":"Request-For","Params":{"a":1}}'],
    ["one that is too large", `{"Command":"Marco","x":"${"x".repeat(MAX_MARCO_BYTES)}"}`],
  ])("is no question when it is %s", (_, text) => {
    expect(parseQuestion(bytes(text))).toBeUndefined();
  });

  test("never makes the reader throw, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 5000 }), fc.json().map(bytes)), (datagram) => {
        parseQuestion(datagram);
        parseAnswer(datagram);
      }),
    );
  });

  test("comes back from writing as it was, for every answer within limits", () => {
    const params = fc.dictionary(
      fc.string({ maxLength: 20 }).filter((key) => key !== "__proto__"),
      fc.oneof(fc.string({ maxLength: 40 }), fc.integer(), fc.boolean(), fc.constant(null)),
      { maxKeys: 8 },
    );
    fc.assert(
      fc.property(params, fc.constantFrom("polo" as const, "ok" as const), (given, kind) => {
        const plain = { ...given };
        expect(parseAnswer(bytes(writeAnswer({ kind, params: plain })))).toEqual({ kind, params: plain });
      }),
    );
  });
});

describe("a service", () => {
  test("belongs to an account when its name says so", () => {
    expect(userService("ana:web")).toEqual({ user: "ana", id: "web" });
    expect(userService("web")).toBeUndefined();
    expect(userService("ana:web:more")).toBeUndefined();
  });

  test("in a file may not pass for that of an account", () => {
    expect(ServiceFile.safeParse({ id: "ana:web" }).success).toBe(false);
    expect(ServiceFile.parse({ id: "web", version: 3 })).toEqual({
      id: "web",
      params: {},
      groups: [],
      disabled: false,
    });
  });
});
