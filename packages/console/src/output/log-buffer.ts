/**
 * The lines of many runs as they come, bounded: what is too old for the bound is dropped from the view (never from the
 * store). Nothing here knows React; a line is one small object, made once.
 */
import { hasControls, overwritten, plain, readAnsi, type Style } from "./ansi.ts";

export interface LogLine {
  /** A number by which the owner of the buffer knows the run. */
  readonly run: number;
  readonly isError: boolean;
  /** Grows while the line has no end. */
  text: string;
  /** In which it begins; absent: plain. */
  readonly style?: Style;
}

export interface LogBuffer {
  readonly lines: readonly LogLine[];
  /** Lines that were dropped from the beginning. */
  readonly dropped: number;
  readonly bytes: number;
  take(run: number, isError: boolean, bytes: Uint8Array): void;
  /** Equal for runs that printed the same, in the same order. */
  digestOf(run: number): string;
}

export interface LogLimits {
  readonly lines: number;
  readonly characters: number;
}

const GENEROUS: LogLimits = { lines: 200_000, characters: 48_000_000 };
/** A line without an end is cut here: nobody reads it, and a screen cannot show it. */
const MAX_LINE = 20_000;

interface Pen {
  readonly decoder: TextDecoder;
  open: LogLine | undefined;
  style: Style;
}

export function createLogBuffer(limits: LogLimits = GENEROUS): LogBuffer {
  let lines: LogLine[] = [];
  let dropped = 0;
  let characters = 0;
  let bytes = 0;
  const pens = new Map<number, Pen>();
  const digests = new Map<number, Digest>();

  function penOf(run: number, isError: boolean): Pen {
    const key = run * 2 + (isError ? 1 : 0);
    let pen = pens.get(key);
    if (pen === undefined) {
      pen = { decoder: new TextDecoder(), open: undefined, style: plain };
      pens.set(key, pen);
    }
    return pen;
  }

  function write(pen: Pen, run: number, isError: boolean, text: string, isWhole: boolean): void {
    let line = pen.open;
    if (line === undefined) {
      line = pen.style === plain ? { run, isError, text: "" } : { run, isError, text: "", style: pen.style };
      lines.push(line);
    }
    if (line.text.length < MAX_LINE) {
      line.text += text;
      characters += text.length;
    }
    if (!isWhole) {
      pen.open = line;
      return;
    }
    pen.open = undefined;
    if (!hasControls(line.text)) return;
    line.text = overwritten(line.text);
    pen.style = readAnsi(line.text, line.style).end;
    if (Object.values(pen.style).every((value) => value === undefined)) pen.style = plain;
  }

  function trim(): void {
    // A tenth more than allowed may stand there, so that this is seldom done.
    if (lines.length <= limits.lines * 1.1 && characters <= limits.characters * 1.1) return;
    let from = Math.max(0, lines.length - limits.lines);
    // The last one stays, however long it is.
    for (let at = 0; at < lines.length - 1 && (at < from || characters > limits.characters); at++) {
      characters -= lines[at]!.text.length;
      from = Math.max(from, at + 1);
    }
    dropped += from;
    lines = lines.slice(from);
  }

  return {
    get lines() {
      return lines;
    },
    get dropped() {
      return dropped;
    },
    get bytes() {
      return bytes;
    },
    take(run, isError, chunk) {
      bytes += chunk.length;
      const pen = penOf(run, isError);
      const text = pen.decoder.decode(chunk, { stream: true });
      digests.set(run, digested(digests.get(run), isError, text));
      let from = 0;
      for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", from)) {
        write(pen, run, isError, text.slice(from, at), true);
        from = at + 1;
      }
      if (from < text.length) write(pen, run, isError, text.slice(from), false);
      trim();
    },
    digestOf(run) {
      const digest = digests.get(run);
      return digest === undefined ? "" : `${digest.a}.${digest.b}.${digest.length}`;
    },
  };
}

/** Two independent 32-bit sums and the length: to fold what is equal, not to withstand an attack. */
interface Digest {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

function digested(before: Digest = { a: 0x811c9dc5, b: 5381, length: 0 }, isError: boolean, text: string): Digest {
  let { a, b } = before;
  const mark = isError ? 0x10000 : 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at) + mark;
    a = Math.imul(a ^ code, 0x01000193);
    b = (Math.imul(b, 33) + code) | 0;
  }
  return { a, b, length: before.length + text.length };
}
