/**
 * The whole list as bytes, block by block, kept as long as nothing in the block changes: at 1,000 hosts a sample that
 * came makes one block of about 64 anew, and the rest is written as it lies there. It is given back when nobody has asked for a minute.
 */
import { keepLatest } from "../../platform/latest.ts";
import {
  forgetSpaced,
  piecesOf,
  type Block,
  type ScopeList,
  type Spacing,
  type StatusEntry,
} from "../../domain/status/index.ts";
import type { Clock } from "../../platform/clock.ts";

export interface ListBytes {
  /** The list's JSON, all of it or piece by piece. */
  of(list: ScopeList, how: { readonly spacing: Spacing; readonly live: boolean }): AnswerBytes;
  /** What is kept. */
  readonly bytes: number;
}

export interface AnswerBytes {
  /** Undefined: it is only known when it is over. */
  readonly length: number | undefined;
  readonly chunks: Iterable<Uint8Array>;
}

interface Kept {
  readonly blocks: Map<Block<StatusEntry>, { readonly version: number; readonly bytes: Buffer }>;
  total: number;
}

/** Of all lists together. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_LISTS = 8;
const UNASKED_MS = 60_000;

const MARKS = {
  compact: { open: Buffer.from("["), comma: Buffer.from(","), close: Buffer.from("]") },
  listed: { open: Buffer.from("[\n"), comma: Buffer.from(",\n"), close: Buffer.from("\n]") },
} as const;
const EMPTY = Buffer.from("[]");

export function createListBytes(clock: Clock): ListBytes {
  const lists = new Map<string, Kept>();
  let askedAt = 0;
  let waiting = false;
  const names = new WeakMap<ScopeList, number>();
  let named = 0;

  function keptOf(list: ScopeList, how: string): Kept {
    let name = names.get(list);
    if (name === undefined) names.set(list, (name = named += 1));
    const key = `${name} ${how}`;
    const kept = lists.get(key) ?? { blocks: new Map(), total: 0 };
    keepLatest(lists, key, kept, MOST_LISTS);
    return kept;
  }

  function giveBackLater(): void {
    askedAt = clock.now();
    if (waiting) return;
    waiting = true;
    const look = (ms: number): void => {
      clock.after(ms, () => {
        const left = askedAt + UNASKED_MS - clock.now();
        if (left > 0) return look(left);
        for (const { blocks } of lists.values()) for (const { things } of blocks.keys()) things.forEach(forgetSpaced);
        lists.clear();
        waiting = false;
      });
    };
    look(UNASKED_MS);
  }

  return {
    get bytes() {
      return lists.values().reduce((sum, { total }) => sum + total, 0);
    },
    of(list, { spacing, live }) {
      giveBackLater();
      if (list.size === 0) return { length: EMPTY.length, chunks: [EMPTY] };
      const kept = keptOf(list, `${spacing} ${live}`);
      const { open, comma, close } = MARKS[spacing];
      const current = new Set(list.blocks);
      for (const [block, { bytes }] of kept.blocks) {
        if (current.has(block)) continue;
        kept.blocks.delete(block);
        kept.total -= bytes.length;
      }
      const others = this.bytes - kept.total;
      const chunks: (Buffer | (() => Buffer))[] = [];
      let length: number | undefined = open.length + close.length + comma.length * (list.blocks.length - 1);
      for (const block of list.blocks) {
        const have = kept.blocks.get(block);
        if (have?.version === block.version) {
          chunks.push(have.bytes);
          length = length === undefined ? undefined : length + have.bytes.length;
        } else if (others + kept.total > MOST_BYTES) {
          // Too much to keep: made when it is its turn, of what stands there now.
          const things = [...block.things];
          chunks.push(() => bytesOf(things, spacing, live));
          length = undefined;
        } else {
          const bytes = bytesOf(block.things, spacing, live);
          kept.total += bytes.length - (have?.bytes.length ?? 0);
          kept.blocks.set(block, { version: block.version, bytes });
          chunks.push(bytes);
          length = length === undefined ? undefined : length + bytes.length;
        }
      }
      return { length, chunks: joined(chunks, { open, comma, close }) };
    },
  };
}

function* joined(
  chunks: readonly (Buffer | (() => Buffer))[],
  { open, comma, close }: { readonly open: Buffer; readonly comma: Buffer; readonly close: Buffer },
): Iterable<Uint8Array> {
  yield open;
  for (const [n, chunk] of chunks.entries()) {
    if (n > 0) yield comma;
    yield typeof chunk === "function" ? chunk() : chunk;
  }
  yield close;
}

function bytesOf(things: readonly StatusEntry[], spacing: Spacing, live: boolean): Buffer {
  const { comma } = MARKS[spacing];
  const pieces: Buffer[] = [];
  for (const [n, entry] of things.entries()) {
    if (n > 0) pieces.push(comma);
    pieces.push(...piecesOf(entry, live ? entry.live : undefined, {}, spacing));
  }
  return Buffer.concat(pieces);
}

/** Any minions one after another, a few dozen a piece. */
export function* documents(
  minions: readonly Readonly<Record<string, unknown>>[] | Iterable<string>,
  marks: { readonly open: string; readonly comma: string; readonly close: string },
): Iterable<Uint8Array> {
  let text = marks.open;
  let isFirst = true;
  for (const minion of minions) {
    text += `${isFirst ? "" : marks.comma}${typeof minion === "string" ? minion : JSON.stringify(minion)}`;
    isFirst = false;
    if (text.length < PIECE_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text + marks.close);
}
const PIECE_CHARACTERS = 64 * 1024;

/** Taken as fast as the caller reads. */
export function streamOf(chunks: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const source = chunks[Symbol.iterator]();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value, done } = source.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void source.return?.(),
    },
    { highWaterMark: 1 },
  );
}
