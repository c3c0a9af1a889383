/**
 * Output of many hosts on one terminal: whole lines, each with the host's name before it. A line that a host has not
 * ended yet waits, so that two hosts never share one.
 */
const NEWLINE = 0x0a;
/** A line longer than this is printed in pieces: nothing waits without a limit. */
export const LONGEST_LINE = 64 * 1024;

type Stream = "stdout" | "stderr";

export interface PrefixedLines {
  /** The lines that became whole with these bytes, prefixed. */
  add(host: string, stream: Stream, bytes: Uint8Array): Uint8Array;
  /** What is left of a host whose run has ended, with a newline. */
  end(host: string, stream: Stream): Uint8Array;
}

export function prefixedLines(prefixOf: (host: string, stream: Stream) => string): PrefixedLines {
  const rests = new Map<string, Buffer>();

  function take(host: string, stream: Stream, bytes: Uint8Array): Uint8Array {
    const key = `${stream} ${host}`;
    const before = rests.get(key);
    const all = before === undefined ? Buffer.from(bytes) : Buffer.concat([before, bytes]);
    const head = Buffer.from(prefixOf(host, stream));
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = all.indexOf(NEWLINE); at !== -1; at = all.indexOf(NEWLINE, from)) {
      parts.push(head, all.subarray(from, at + 1));
      from = at + 1;
    }
    for (; all.length - from > LONGEST_LINE; from += LONGEST_LINE) {
      parts.push(head, all.subarray(from, from + LONGEST_LINE), Buffer.of(NEWLINE));
    }
    if (from < all.length) rests.set(key, Buffer.from(all.subarray(from)));
    else rests.delete(key);
    return Buffer.concat(parts);
  }

  return {
    add: take,
    end: (host, stream) => (rests.has(`${stream} ${host}`) ? take(host, stream, Buffer.of(NEWLINE)) : Buffer.alloc(0)),
  };
}
