/**
 * What is looked at before a frame becomes values: how deep and how large. A schema sees a frame only when all of it
 * has been built, and then complains about every element; a few megabytes of `[[[[` or `0,0,0` would cost seconds.
 */
import { AtalayaError } from "../failures.ts";

/** The deepest frame of ours has 6 levels; the rest is for results of capabilities. */
export const MAX_FRAME_DEPTH = 64;
/** Values in one frame. The largest frame of ours, a welcome that resumes 20,000 runs, has 100,000. */
export const MAX_FRAME_VALUES = 200_000;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Throws `frame.malformed` when `text` nests too deep or holds too many values. Whether it is JSON is not asked here. */
export function checkShape(text: string): void {
  let depth = 0;
  let values = 1;
  for (let i = 0; i < text.length; i += 1) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i);
        break;
      case COMMA:
        values += 1;
        if (values > MAX_FRAME_VALUES) throw tooMuch(`it holds more than ${MAX_FRAME_VALUES} values`);
        break;
      case OPEN_ARRAY:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > MAX_FRAME_DEPTH) throw tooMuch(`it is more than ${MAX_FRAME_DEPTH} levels deep`);
        break;
      case CLOSE_ARRAY:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
    }
  }
}

/**
 * Throws `frame.malformed` when somewhere in `value` there is a key `__proto__`. Only what no schema has rebuilt needs
 * this: JSON makes it an ordinary key, but whoever copies it by assignment changes a prototype.
 */
export function checkKeys(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const waiting: object[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Object.hasOwn(next, "__proto__")) throw tooMuch("it holds a key named __proto__");
    for (const inner of Object.values(next)) {
      if (typeof inner === "object" && inner !== null) waiting.push(inner as object);
    }
  }
}

/** Where the string that opens at `start` ends; the last character when it never does. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}

function tooMuch(what: string): AtalayaError {
  return new AtalayaError("frame.malformed", `the frame is refused: ${what}`);
}
