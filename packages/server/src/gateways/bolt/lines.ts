import { AtalayaError } from "@atalaya/protocol";

const LF = 0x0a;

/**
 * Lines out of a stream of bytes. A line is decoded as a whole, so that a character that stands in two records is not
 * damaged. Throws `bolt.malformed` as soon as a line is longer than `maxBytes`: no more is ever kept.
 */
export function lineReader(maxBytes: number): (chunk: Buffer) => readonly Buffer[] {
  let parts: Buffer[] = [];
  let kept = 0;
  return (chunk) => {
    const lines: Buffer[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      if (kept + at - from > maxBytes) throw tooLong(maxBytes);
      const end = chunk.subarray(from, at);
      lines.push(parts.length === 0 ? end : Buffer.concat([...parts, end]));
      parts = [];
      kept = 0;
      from = at + 1;
    }
    if (from < chunk.length) {
      kept += chunk.length - from;
      if (kept > maxBytes) throw tooLong(maxBytes);
      // A copy: a few bytes must not keep a whole record in memory.
      parts.push(Buffer.from(chunk.subarray(from)));
    }
    return lines;
  };
}

function tooLong(maxBytes: number): AtalayaError {
  return new AtalayaError("bolt.malformed", `a line has more than ${maxBytes} bytes`);
}
