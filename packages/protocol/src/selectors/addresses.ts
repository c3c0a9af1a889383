/** IP addresses and networks, without the runtime's help. RFC 4291 (text of IPv6), RFC 5952 (its canonical form). */

/** 4 or 16 bytes. An IPv4 address in IPv6's clothes is an IPv4 address. */
export type AddressBytes = readonly number[];

/** The bytes of an address; a zone (`%eth0`) or prefix length behind it is left off. Undefined: not an address. */
export function readAddress(text: string): AddressBytes | undefined {
  const end = text.search(/[%/]/);
  const bare = end === -1 ? text : text.slice(0, end);
  if (!bare.includes(":")) return readFour(bare);
  const bytes = readSixteen(bare);
  if (bytes === undefined) return undefined;
  const isMapped = bytes.every((byte, i) => i >= 12 || byte === (i >= 10 ? 0xff : 0));
  return isMapped ? bytes.slice(12) : bytes;
}

function readFour(text: string): AddressBytes | undefined {
  const bytes: number[] = [];
  for (const part of text.split(".")) {
    // A leading zero would be octal to some and decimal to others.
    if (!/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    bytes.push(Number(part));
  }
  return bytes.length === 4 ? bytes : undefined;
}

function readSixteen(text: string): AddressBytes | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!);
  const tail = halves.length === 2 ? groupsOf(halves[1]!) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

function groupsOf(text: string): readonly number[] | undefined {
  if (text === "") return [];
  const bytes: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    if (i === groups.length - 1 && group.includes(".")) {
      const four = readFour(group);
      if (four === undefined) return undefined;
      bytes.push(...four);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

export function printAddress(bytes: AddressBytes): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  // The longest run of zero groups, the first of equals, if it has two or more.
  let best = { at: 0, length: 1 };
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (groups[i + length] === "0") length += 1;
    if (length > best.length) best = { at: i, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

/** The address with all bits after the prefix cleared. */
export function networkOf(bytes: AddressBytes, prefix: number): AddressBytes {
  return bytes.map((byte, i) => byte & maskAt(prefix, i));
}

export function isInNetwork(bytes: AddressBytes, network: AddressBytes, prefix: number): boolean {
  return bytes.length === network.length && bytes.every((byte, i) => (byte & maskAt(prefix, i)) === network[i]);
}

function maskAt(prefix: number, index: number): number {
  const bits = Math.min(8, Math.max(0, prefix - 8 * index));
  return (0xff << (8 - bits)) & 0xff;
}
