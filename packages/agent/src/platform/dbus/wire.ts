/**
 * Messages of D-Bus as bytes (D-Bus Specification 0.43, "Type System", "Marshaling", "Message Protocol"). We write little
 * endian and read both. Of the types only file descriptors are missing.
 */

/** A value that carries its own type. */
export interface Variant {
  readonly type: string;
  readonly value: unknown;
}

export interface Message {
  readonly type: "call" | "return" | "error" | "signal";
  readonly serial: number;
  readonly path?: string;
  readonly interface?: string;
  readonly member?: string;
  readonly error?: string;
  readonly replyTo?: number;
  readonly destination?: string;
  readonly sender?: string;
  readonly signature?: string;
  readonly body: readonly unknown[];
}

const TYPES = ["call", "return", "error", "signal"] as const;
/** Header fields by their code. */
const FIELDS = [
  ["path", "o"],
  ["interface", "s"],
  ["member", "s"],
  ["error", "s"],
  ["replyTo", "u"],
  ["destination", "s"],
  ["sender", "s"],
  ["signature", "g"],
] as const;
const NO_AUTO_START = 2;
const VERSION = 1;
/** The specification allows 128 MiB; a list of all units has some hundred KiB. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
const MAX_DEPTH = 32;

/** A complete type in a signature: `a(ssu)` is an array of structures of three. */
interface Type {
  readonly code: string;
  readonly inner: readonly Type[];
}

/** Throws for what is no signature. */
function parseSignature(signature: string): readonly Type[] {
  let at = 0;
  function one(depth: number): Type {
    if (depth > MAX_DEPTH) throw new Error("a D-Bus signature is nested too deeply");
    const code = signature[at++];
    if (code === "a") return { code, inner: [one(depth + 1)] };
    if (code === "(" || code === "{") {
      const end = code === "(" ? ")" : "}";
      const inner: Type[] = [];
      while (signature[at] !== end) inner.push(one(depth + 1));
      at += 1;
      return { code: "(", inner };
    }
    if (code === undefined || !"ybnqiuxtdsogv".includes(code)) throw new Error("a D-Bus signature cannot be read");
    return { code, inner: [] };
  }
  const types: Type[] = [];
  while (at < signature.length) types.push(one(0));
  return types;
}

const ALIGN: Readonly<Record<string, number>> = {
  y: 1,
  g: 1,
  v: 1,
  n: 2,
  q: 2,
  x: 8,
  t: 8,
  d: 8,
  "(": 8,
};
const alignOf = ({ code }: Type): number => ALIGN[code] ?? 4;

function writer() {
  let bytes = Buffer.alloc(256);
  let at = 0;
  function room(count: number): void {
    if (at + count <= bytes.length) return;
    bytes = Buffer.concat([bytes], Math.max(bytes.length * 2, at + count));
  }
  function align(to: number): void {
    const next = Math.ceil(at / to) * to;
    room(next - at);
    bytes.fill(0, at, next);
    at = next;
  }
  function u8(value: number): void {
    room(1);
    bytes[at++] = value;
  }
  function u32(value: number): void {
    align(4);
    room(4);
    bytes.writeUInt32LE(value, at);
    at += 4;
  }
  function text(value: string, long: boolean): void {
    const encoded = Buffer.from(value, "utf8");
    if (encoded.includes(0)) throw new Error("a text for D-Bus contains NUL");
    if (long) u32(encoded.length);
    else u8(encoded.length);
    room(encoded.length + 1);
    encoded.copy(bytes, at);
    at += encoded.length;
    bytes[at++] = 0;
  }
  function value(type: Type, given: unknown): void {
    switch (type.code) {
      case "y":
        return u8(given as number);
      case "b":
        return u32(given === true ? 1 : 0);
      case "n":
      case "q":
        align(2);
        room(2);
        if (type.code === "n") bytes.writeInt16LE(given as number, at);
        else bytes.writeUInt16LE(given as number, at);
        at += 2;
        return;
      case "i":
        align(4);
        room(4);
        bytes.writeInt32LE(given as number, at);
        at += 4;
        return;
      case "u":
        return u32(given as number);
      case "x":
      case "t":
        align(8);
        room(8);
        if (type.code === "x") bytes.writeBigInt64LE(BigInt(given as bigint), at);
        else bytes.writeBigUInt64LE(BigInt(given as bigint), at);
        at += 8;
        return;
      case "d":
        align(8);
        room(8);
        bytes.writeDoubleLE(given as number, at);
        at += 8;
        return;
      case "s":
      case "o":
        return text(given as string, true);
      case "g":
        return text(given as string, false);
      case "v": {
        const { type: inner, value: held } = given as Variant;
        text(inner, false);
        return value(parseSignature(inner)[0]!, held);
      }
      case "a": {
        u32(0);
        const lengthAt = at - 4;
        align(alignOf(type.inner[0]!));
        const from = at;
        for (const item of given as readonly unknown[]) value(type.inner[0]!, item);
        bytes.writeUInt32LE(at - from, lengthAt);
        return;
      }
      default:
        align(8);
        type.inner.forEach((inner, index) => value(inner, (given as readonly unknown[])[index]));
    }
  }
  return { u8, u32, align, value, done: () => bytes.subarray(0, at), at: () => at };
}

function values(signature: string, body: readonly unknown[]): Buffer {
  const to = writer();
  parseSignature(signature).forEach((type, index) => to.value(type, body[index]));
  return Buffer.from(to.done());
}

export function encodeMessage(message: Message): Buffer {
  const body = values(message.signature ?? "", message.body);
  const head = writer();
  head.u8("l".charCodeAt(0));
  head.u8(TYPES.indexOf(message.type) + 1);
  head.u8(message.type === "call" ? NO_AUTO_START : 0);
  head.u8(VERSION);
  head.u32(body.length);
  head.u32(message.serial);
  const fields = FIELDS.flatMap(([name, type], index) => {
    const value = message[name];
    return value === undefined || value === "" ? [] : [[index + 1, { type, value }]];
  });
  head.value(parseSignature("a(yv)")[0]!, fields);
  head.align(8);
  return Buffer.concat([head.done(), body]);
}

function reader(bytes: Buffer, little: boolean) {
  let at = 0;
  function align(to: number): void {
    at = Math.ceil(at / to) * to;
  }
  function u32(): number {
    align(4);
    const value = little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    at += 4;
    return value;
  }
  function text(length: number): string {
    if (at + length + 1 > bytes.length) throw new RangeError("a D-Bus text is longer than its message");
    const value = bytes.toString("utf8", at, at + length);
    at += length + 1;
    return value;
  }
  function fixed(size: 2 | 4 | 8, read: (offset: number) => unknown): unknown {
    align(size);
    const value = read(at);
    at += size;
    return value;
  }
  function value(type: Type, depth: number): unknown {
    if (depth > 2 * MAX_DEPTH) throw new RangeError("a D-Bus value is nested too deeply");
    switch (type.code) {
      case "y":
        return bytes.readUInt8(at++);
      case "b":
        return u32() === 1;
      case "n":
        return fixed(2, (from) => (little ? bytes.readInt16LE(from) : bytes.readInt16BE(from)));
      case "q":
        return fixed(2, (from) => (little ? bytes.readUInt16LE(from) : bytes.readUInt16BE(from)));
      case "i":
        return fixed(4, (from) => (little ? bytes.readInt32LE(from) : bytes.readInt32BE(from)));
      case "u":
        return u32();
      case "x":
        return fixed(8, (from) => (little ? bytes.readBigInt64LE(from) : bytes.readBigInt64BE(from)));
      case "t":
        return fixed(8, (from) => (little ? bytes.readBigUInt64LE(from) : bytes.readBigUInt64BE(from)));
      case "d":
        return fixed(8, (from) => (little ? bytes.readDoubleLE(from) : bytes.readDoubleBE(from)));
      case "s":
      case "o":
        return text(u32());
      case "g":
        return text(bytes.readUInt8(at++));
      case "v": {
        const signature = text(bytes.readUInt8(at++));
        const [inner] = parseSignature(signature);
        if (inner === undefined) throw new RangeError("a D-Bus variant has no type");
        return { type: signature, value: value(inner, depth + 1) } satisfies Variant;
      }
      case "a": {
        const length = u32();
        const inner = type.inner[0]!;
        align(alignOf(inner));
        const end = at + length;
        if (end > bytes.length) throw new RangeError("a D-Bus array is longer than its message");
        const items: unknown[] = [];
        while (at < end) {
          const from = at;
          items.push(value(inner, depth + 1));
          if (at === from) throw new RangeError("a D-Bus array holds nothing, and more than one of it");
        }
        return items;
      }
      default:
        align(8);
        return type.inner.map((inner) => value(inner, depth + 1));
    }
  }
  return { value, align, at: () => at };
}

const FIXED_HEADER = 16;

/** Bytes in, whole messages out. Throws for what cannot be one: the connection is of no use then. */
export function messageReader(): (chunk: Buffer) => readonly Message[] {
  let waiting: Buffer = Buffer.alloc(0);
  return (chunk) => {
    waiting = waiting.length === 0 ? chunk : Buffer.concat([waiting, chunk]);
    const found: Message[] = [];
    for (;;) {
      if (waiting.length < FIXED_HEADER) return found;
      const little = waiting[0] === 0x6c;
      if (!little && waiting[0] !== 0x42) throw new Error("the bus sent something that is no D-Bus message");
      const u32 = (at: number): number => (little ? waiting.readUInt32LE(at) : waiting.readUInt32BE(at));
      const header = Math.ceil((FIXED_HEADER + u32(12)) / 8) * 8;
      const size = header + u32(4);
      if (size > MAX_MESSAGE_BYTES) throw new Error("the bus sent a message that is too large");
      if (waiting.length < size) return found;
      const message = decode(waiting.subarray(0, size), header, little);
      waiting = waiting.subarray(size);
      if (message !== undefined) found.push(message);
    }
  };
}

/** Undefined: of a type that we need not know. */
function decode(bytes: Buffer, header: number, little: boolean): Message | undefined {
  const type = TYPES[(bytes[1] ?? 0) - 1];
  const serial = little ? bytes.readUInt32LE(8) : bytes.readUInt32BE(8);
  const head = reader(bytes.subarray(0, header), little);
  const [, , , , , , fields] = parseSignature("yyyyuua(yv)").map((one) => head.value(one, 0));
  const known: Record<string, unknown> = {};
  for (const [code, { value }] of fields as readonly [number, Variant][]) {
    const field = FIELDS[code - 1];
    if (field !== undefined) known[field[0]] = value;
  }
  const from = reader(bytes.subarray(header), little);
  const { signature } = known;
  const body = parseSignature(typeof signature === "string" ? signature : "").map((one) => from.value(one, 0));
  return type === undefined ? undefined : { type, serial, ...known, body };
}
