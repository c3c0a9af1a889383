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
    const hello = reader(body);
    hello.skip(2 + 32); // legacy_version, random
    hello.vector(1); // legacy_session_id
    hello.vector(2); // cipher_suites
    hello.vector(1); // legacy_compression_methods
    if (hello.left === 0) return { kind: "hello", alpn, sni, resuming };
    const extensions = reader(hello.vector(2));
    hello.end();
    const seen = new Set<number>();
    while (extensions.left > 0) {
      const type = extensions.number(2);
      const data = extensions.vector(2);
      if (seen.has(type)) throw new Unreadable("names an extension twice");
      seen.add(type);
      if (type === EXTENSION.alpn) alpn = protocols(data);
      else if (type === EXTENSION.serverName) sni = hostName(data);
      else if (type === EXTENSION.preSharedKey) {
        resuming = true;
        ticketKey = ticketKeyName(data);
      } else if (type === EXTENSION.sessionTicket) resuming ||= data.length > 0;
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
function ticketKeyName(data: Uint8Array): string | undefined {
  const name = data.subarray(PSK_HEADER_BYTES, PSK_HEADER_BYTES + KEY_NAME_BYTES);
  return name.length < KEY_NAME_BYTES ? undefined : Buffer.from(name).toString("hex");
}

/** RFC 7301, 3.1. */
function protocols(data: Uint8Array): readonly string[] {
  const extension = reader(data);
  const list = reader(extension.vector(2));
  extension.end();
  const names: string[] = [];
  while (list.left > 0) {
    const name = list.vector(1);
    if (name.length === 0) throw new Unreadable("has an empty ALPN name");
    names.push(text(name));
  }
  return names;
}

/** RFC 6066, 3. */
function hostName(data: Uint8Array): string | undefined {
  const extension = reader(data);
  const list = reader(extension.vector(2));
  extension.end();
  while (list.left > 0) {
    const type = list.number(1);
    const name = list.vector(2);
    if (type === 0) return text(name);
  }
  return undefined;
}

class Unreadable extends Error {}

function reader(bytes: Uint8Array) {
  let at = 0;
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Unreadable("has a length that leads beyond its end");
    at += length;
    return bytes.subarray(at - length, at);
  };
  // Read in place: a view of its own for each number took most of the time that a hello takes.
  const number = (width: 1 | 2): number => {
    const from = at;
    if (from + width > bytes.length) throw new Unreadable("has a length that leads beyond its end");
    at += width;
    return width === 1 ? bytes[from]! : (bytes[from]! << 8) | bytes[from + 1]!;
  };
  return {
    get left() {
      return bytes.length - at;
    },
    number,
    skip: (length: number) => void take(length),
    vector: (width: 1 | 2) => take(number(width)),
    end() {
      if (at !== bytes.length) throw new Unreadable("has a length that does not fit");
    },
  };
}

function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
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
