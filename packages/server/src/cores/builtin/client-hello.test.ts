import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { MAX_HELLO_BYTES, parseClientHello } from "./client-hello.ts";
import { helloOf } from "./setup.testing.ts";

let hello: Buffer;
beforeAll(async () => {
  hello = await helloOf({ ALPNProtocols: ["atalaya.link.v1", "http/1.1"], servername: "tower.example.org" });
});

const expected = { kind: "hello", alpn: ["atalaya.link.v1", "http/1.1"], sni: "tower.example.org", resuming: false };

test("names the protocols and the server that OpenSSL's client asks for", async () => {
  expect(parseClientHello(hello)).toEqual(expected);
  expect(parseClientHello(await helloOf({ maxVersion: "TLSv1.2" }))).toEqual({
    kind: "hello",
    alpn: [],
    sni: undefined,
    resuming: false,
  });
});

test("every beginning of a hello is incomplete, never anything else", () => {
  for (let length = 0; length < hello.length; length += 1) {
    expect(parseClientHello(hello.subarray(0, length)).kind, `${length} bytes`).toBe("incomplete");
  }
});

test("however the message is cut into records, it reads the same", () => {
  const message = hello.subarray(5);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 100 }), (lengths) => {
      const records: Buffer[] = [];
      let at = 0;
      for (let i = 0; at < message.length; i += 1) {
        const part = message.subarray(at, at + lengths[i % lengths.length]!);
        records.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 255]), part);
        at += part.length;
      }
      expect(parseClientHello(Buffer.concat(records))).toEqual(expected);
    }),
  );
});

test("what is not TLS is told apart at its first byte", () => {
  expect(parseClientHello(Buffer.from("GET / HTTP/1.1\r\n"))).toEqual({
    kind: "malformed",
    why: "does not begin with a handshake record",
  });
  expect(parseClientHello(Buffer.from([0x80, 0x2e]))).toMatchObject({ kind: "malformed" });
});

test("a hello that never ends is refused at 16 KB", () => {
  const record = (length: number, body: Buffer) =>
    Buffer.concat([Buffer.from([0x16, 3, 1, length >> 8, length & 255]), body]);
  const announced = Buffer.concat([Buffer.from([1, 0, 0x40, 0]), Buffer.alloc(9000)]);
  const slow = Buffer.concat([record(announced.length, announced), record(9000, Buffer.alloc(9000))]);
  expect(parseClientHello(slow.subarray(0, MAX_HELLO_BYTES))).toMatchObject({ kind: "malformed" });
  expect(parseClientHello(record(100, Buffer.from([1, 0xff, 0xff, 0xff])))).toMatchObject({ kind: "malformed" });
  // Many records of one byte each: the work stays bounded too.
  expect(
    parseClientHello(Buffer.concat(Array.from({ length: 3000 }, () => record(1, Buffer.from([1]))))),
  ).toMatchObject({ kind: "malformed" });
});

test("damaged and random bytes are read or refused, never thrown about", () => {
  const damaged = fc
    .array(fc.tuple(fc.nat(hello.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 })
    .map((changes) => {
      const bytes = Buffer.from(hello);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 300 })), (bytes) => {
      expect(["hello", "incomplete", "malformed"]).toContain(parseClientHello(bytes).kind);
    }),
    { numRuns: 3000 },
  );
});

test("a hello says when it offers an earlier session", async () => {
  const preSharedKey = Buffer.from([0, 41, 0, 2, 0, 0]);
  const message = Buffer.from(hello.subarray(5));
  const grown = Buffer.concat([message, preSharedKey]);
  const body = grown.length - 4;
  grown.writeUIntBE(body, 1, 3);
  // The extensions' length stands after version, random, session id, suites and compressions.
  let at = 4 + 2 + 32;
  at += 1 + grown[at]!;
  at += 2 + grown.readUInt16BE(at);
  at += 1 + grown[at]!;
  grown.writeUInt16BE(grown.readUInt16BE(at) + preSharedKey.length, at);
  const record = Buffer.concat([Buffer.from([0x16, 3, 1, grown.length >> 8, grown.length & 255]), grown]);
  expect(parseClientHello(record)).toEqual({ ...expected, resuming: true });
});
