/**
 * Reads the first flight of a TLS connection (RFC 8446, 4.1.2 and 5.1), without any cryptography, as far as it decides
 * which of two TLS servers is meant. What it says is a claim: the handshake that follows proves it.
 */
export type ClientHello =
  | {
      readonly kind: "hello";
      readonly alpn: readonly string[];
      readonly sni: string | undefined;
      /** Offers an earlier session: when that is taken, the handshake costs about half. */
      readonly resuming: boolean;
      /** Which ticket key the session offered was sealed with, in hexadecimal. */
      readonly ticketKey?: string;
    }
  /** More bytes may make it whole. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "malformed"; readonly why: string };

/** A ClientHello with its records is never longer than this, or it is refused. */
export const MAX_HELLO_BYTES = 16 * 1024;

const RECORD_HEADER = 5;
const MAX_RECORD = 16_384;
const HANDSHAKE_HEADER = 4;
const HANDSHAKE = 0x16;
const CLIENT_HELLO = 0x01;
const EXTENSION = { serverName: 0, alpn: 16, sessionTicket: 35, preSharedKey: 41 } as const;

const incomplete = { kind: "incomplete" } as const;

export function parseClientHello(bytes: Uint8Array): ClientHello {
  const message = handshakeMessage(bytes);
  if (message instanceof Uint8Array) return parseBody(message);
  if (message.kind === "incomplete" && bytes.length >= MAX_HELLO_BYTES) {
    return malformed(`is longer than ${MAX_HELLO_BYTES} bytes`);
  }
  return message;
}

/**
 * The ClientHello's body, put together from however many records it was cut into. Looks at each byte a bounded number
 * of times: whoever cuts a hello into thousands of records must not cost us more than themselves.
 */
function handshakeMessage(bytes: Uint8Array): Uint8Array | Exclude<ClientHello, { kind: "hello" }> {
  const fragments: Uint8Array[] = [];
  let have = 0;
  let size: number | undefined;
  for (let at = 0; ;) {
    if (at < bytes.length && bytes[at] !== HANDSHAKE) return malformed("does not begin with a handshake record");
    if (at + 1 < bytes.length && bytes[at + 1] !== 3) return malformed("is not TLS");
    if (at + RECORD_HEADER > bytes.length) return incomplete;
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    if (length === 0 || length > MAX_RECORD) return malformed("has a record of impossible length");
    const fragment = bytes.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    fragments.push(fragment);
    have += fragment.length;
    at += RECORD_HEADER + length;
    if (have > 0 && fragments[0]![0] !== CLIENT_HELLO) return malformed("does not begin with a ClientHello");
    if (have >= HANDSHAKE_HEADER) {
      size ??= announcedSize(joined(fragments, have));
      if (size > MAX_HELLO_BYTES) return malformed(`is longer than ${MAX_HELLO_BYTES} bytes`);
      if (have > HANDSHAKE_HEADER + size) return malformed("is followed by something else in its record");
      if (have === HANDSHAKE_HEADER + size) return joined(fragments, have).subarray(HANDSHAKE_HEADER);
    }
    if (fragment.length < length) return incomplete;
  }
}

function announcedSize(message: Uint8Array): number {
  return (message[1]! << 16) | (message[2]! << 8) | message[3]!;
}

function parseBody(body: Uint8Array): ClientHello {
  let alpn: readonly string[] = [];
  let sni: string | undefined;
  let resuming = false;
  let ticketKey: string | undefined;
  try {
    const hello = new Cursor(body, 0, body.length);
    hello.skip(2 + 32); // legacy_version, random
    hello.skip(hello.number(1)); // legacy_session_id
    hello.skip(hello.number(2)); // cipher_suites
    hello.skip(hello.number(1)); // legacy_compression_methods
    if (hello.left === 0) return { kind: "hello", alpn, sni, resuming };
    const extensions = hello.vector(2);
    hello.ends();
    const seen = new Set<number>();
    while (extensions.left > 0) {
      const type = extensions.number(2);
      if (seen.has(type)) throw new Unreadable("names an extension twice");
      seen.add(type);
      const length = extensions.number(2);
      switch (type) {
        case EXTENSION.alpn:
          alpn = protocols(extensions.part(length));
          break;
        case EXTENSION.serverName:
          sni = hostName(extensions.part(length));
          break;
        case EXTENSION.preSharedKey:
          resuming = true;
          ticketKey = ticketKeyName(extensions.part(length));
          break;
        case EXTENSION.sessionTicket:
          resuming ||= length > 0;
          extensions.skip(length);
          break;
        default:
          extensions.skip(length);
      }
    }
  } catch (error) {
    if (error instanceof Unreadable) return malformed(error.message);
    throw error;
  }
  return { kind: "hello", alpn, sni, resuming, ...(ticketKey === undefined ? {} : { ticketKey }) };
}

const KEY_NAME_BYTES = 16;
/** Before the first identity of the extension: the length of the list, and its own. */
const PSK_HEADER_BYTES = 4;

/**
 * Of the first session offered (RFC 8446, 4.2.11): OpenSSL begins a ticket with its key's name (as RFC 5077, 4). What is
 * no ticket of ours has no such name, and the TLS server judges it.
 */
function ticketKeyName(extension: Cursor): string | undefined {
  if (extension.left < PSK_HEADER_BYTES + KEY_NAME_BYTES) return undefined;
  extension.skip(PSK_HEADER_BYTES);
  return extension.hexadecimal(KEY_NAME_BYTES);
}

/** RFC 7301, 3.1. */
function protocols(extension: Cursor): readonly string[] {
  const list = extension.vector(2);
  extension.ends();
  const names: string[] = [];
  while (list.left > 0) {
    const length = list.number(1);
    if (length === 0) throw new Unreadable("has an empty ALPN name");
    names.push(list.text(length));
  }
  return names;
}

/** RFC 6066, 3. */
function hostName(extension: Cursor): string | undefined {
  const list = extension.vector(2);
  extension.ends();
  while (list.left > 0) {
    const type = list.number(1);
    const length = list.number(2);
    if (type === 0) return list.text(length);
    list.skip(length);
  }
  return undefined;
}

class Unreadable extends Error {}

/** Reads a part of some bytes in place: a view of its own for each number and vector took most of a hello's time. */
class Cursor {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get left(): number {
    return this.end - this.at;
  }

  skip(length: number): void {
    if (length > this.end - this.at) throw new Unreadable("has a length that leads beyond its end");
    this.at += length;
  }

  number(width: 1 | 2): number {
    const { bytes, at } = this;
    this.skip(width);
    return width === 1 ? bytes[at]! : (bytes[at]! << 8) | bytes[at + 1]!;
  }

  /** The next bytes as a whole of their own. */
  part(length: number): Cursor {
    const { bytes, at } = this;
    this.skip(length);
    return new Cursor(bytes, at, at + length);
  }

  /** What stands behind its own length. */
  vector(width: 1 | 2): Cursor {
    return this.part(this.number(width));
  }

  text(length: number): string {
    const from = this.at;
    this.skip(length);
    let text = "";
    for (let i = from; i < from + length; i += 1) text += String.fromCharCode(this.bytes[i]!);
    return text;
  }

  hexadecimal(length: number): string {
    const from = this.at;
    this.skip(length);
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, length).toString("hex");
  }

  ends(): void {
    if (this.at !== this.end) throw new Unreadable("has a length that does not fit");
  }
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function malformed(why: string): ClientHello & { readonly kind: "malformed" } {
  return { kind: "malformed", why };
}
