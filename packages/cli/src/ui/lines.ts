/**
 * Output of many hosts on one terminal: whole lines, each with the host's name before it. A line that a host has not
 * ended yet waits, so that two hosts never share one.
 */
const NEWLINE = 0x0a;
/** A line longer than this is printed in pieces: nothing waits without a limit. */
const LONGEST = 64 * 1024;

export interface PrefixedLines {
  /** The lines that became whole with these bytes, prefixed. */
  add(host: string, stream: "stdout" | "stderr", bytes: Uint8Array): Uint8Array;
  /** What is left of a host whose run has ended, with a newline. */
  end(host: string): Uint8Array;
}

export function prefixedLines(prefixOf: (host: string, stream: "stdout" | "stderr") => string): PrefixedLines {
  const rests = new Map<string, Buffer>();

  function take(key: string, prefix: string, bytes: Uint8Array): Uint8Array {
    const before = rests.get(key);
    const all = before === undefined ? Buffer.from(bytes) : Buffer.concat([before, bytes]);
    const head = Buffer.from(prefix);
    const parts: Uint8Array[] = [];
    let from = 0;
    for (let at = all.indexOf(NEWLINE); at !== -1; at = all.indexOf(NEWLINE, from)) {
      parts.push(head, all.subarray(from, at + 1));
      from = at + 1;
    }
    for (; all.length - from > LONGEST; from += LONGEST)
      parts.push(head, all.subarray(from, from + LONGEST), Buffer.of(NEWLINE));
    if (from < all.length) rests.set(key, Buffer.from(all.subarray(from)));
    else rests.delete(key);
    return Buffer.concat(parts);
  }

  return {
    add: (host, stream, bytes) => take(`${stream} ${host}`, prefixOf(host, stream), bytes),
    end(host) {
      const parts = (["stdout", "stderr"] as const).map((stream) =>
        rests.has(`${stream} ${host}`)
          ? take(`${stream} ${host}`, prefixOf(host, stream), Buffer.of(NEWLINE))
          : Buffer.alloc(0),
      );
      return Buffer.concat(parts);
    },
  };
}
