import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as ws from "ws";
import { shorten, type Receiver } from "./whole-frames.ts";

interface Whole extends Receiver {
  on(event: "message", listener: (data: Buffer, isBinary: boolean) => void): void;
  on(event: "ping", listener: (data: Buffer) => void): void;
  on(event: "conclude", listener: (code: number) => void): void;
  on(event: "error", listener: (error: { readonly code: string }) => void): void;
}

const { Receiver: ReceiverOfWs } = ws as unknown as { readonly Receiver: new (options: object) => Whole };
const options = { isServer: true, binaryType: "nodebuffer", skipUTF8Validation: true, maxPayload: 70_000 };

/** All that a receiver tells of these chunks. */
async function heard(chunks: readonly Buffer[], isShort: boolean): Promise<readonly string[]> {
  const receiver = new ReceiverOfWs(options);
  const said: string[] = [];
  const hear = (data: Buffer, isBinary: boolean) =>
    void said.push(`${isBinary ? "binary" : "text"} ${data.toString("hex")}`);
  receiver.on("message", hear);
  receiver.on("ping", (data) => said.push(`ping ${data.toString("hex")}`));
  receiver.on("conclude", (code) => said.push(`close ${code}`));
  receiver.on("error", (error) => said.push(error.code));
  if (isShort) shorten(receiver, { hear });
  // All in one turn, as several records come that were read together; errors are told in the next.
  for (const chunk of chunks) {
    if (said.some((line) => line.startsWith("close"))) break;
    receiver.write(Buffer.from(chunk));
  }
  await turn();
  return said;
}

function frame(head: number, payload: Uint8Array, mask: Uint8Array | undefined): Buffer {
  const second = mask === undefined ? 0 : 0x80;
  const { length } = payload;
  const size =
    length < 126
      ? [second | length]
      : length < 65_536
        ? [second | 126, length >> 8, length & 0xff]
        : [second | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
  const body = mask === undefined ? payload : payload.map((byte, at) => byte ^ mask[at & 3]!);
  return Buffer.concat([Buffer.from([head, ...size]), mask ?? Buffer.alloc(0), body]);
}

const mask = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.constant(new Uint8Array(4)));
const payload = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 140 }) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536, 70_001).map((length) => new Uint8Array(length).fill(7)) },
);
const right = fc.tuple(fc.constantFrom(0x81, 0x82), payload, mask).map((parts) => frame(...parts));
const control = fc
  .tuple(fc.constantFrom(0x89, 0x8a, 0x88), fc.constantFrom(new Uint8Array(), Uint8Array.of(3, 0xe8)), mask)
  .map((parts) => frame(...parts));
/** A message in fragments, or what is against the rules. */
const odd = fc
  .tuple(fc.constantFrom(0x01, 0x02, 0x00, 0x80, 0xc1, 0x91, 0x83), payload, fc.option(mask, { nil: undefined }))
  .map((parts) => frame(...parts));
const frames = fc.array(
  fc.oneof({ weight: 8, arbitrary: right }, { weight: 2, arbitrary: control }, { weight: 2, arbitrary: odd }),
  { maxLength: 12 },
);

test("what is cut at its frames is heard as ws would hear it", async () => {
  await fc.assert(
    fc.asyncProperty(frames, async (chunks) => {
      expect(await heard(chunks, true)).toEqual(await heard(chunks, false));
    }),
  );
});

test("so is what is cut anywhere", async () => {
  const cuts = fc.array(fc.nat({ max: 400 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(frames, cuts, async (list, sizes) => {
      const all = Buffer.concat(list);
      const chunks: Buffer[] = [];
      for (let at = 0, i = 0; at < all.length; i += 1) {
        const size = i < sizes.length ? sizes[i]! + 1 : all.length;
        chunks.push(all.subarray(at, at + size));
        at += size;
      }
      expect(await heard(chunks, true)).toEqual(await heard(chunks, false));
    }),
  );
});

test("a whole frame never reaches the machine of ws", () => {
  const receiver = new ReceiverOfWs(options);
  const said: string[] = [];
  receiver.on("message", () => said.push("by way of ws"));
  shorten(receiver, { hear: (data) => void said.push(String(data)) });
  receiver.write(frame(0x81, Buffer.from("accepted"), Uint8Array.of(1, 2, 3, 4)));
  expect(said).toEqual(["accepted"]);
  expect(receiver._opcode).toBe(0);
});
