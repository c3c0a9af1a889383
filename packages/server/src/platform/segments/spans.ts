import { HEADER_BYTES, type Extent } from "./record.ts";

/** Neighbouring records that one read fetches. */
export interface Span {
  readonly segment: number;
  readonly start: number;
  readonly bytes: number;
  readonly extents: readonly Extent[];
}

/** Joins records that follow each other in a segment into reads of at most `limit` bytes (a larger record goes alone). */
export function* spansOf(extents: Iterable<Extent>, limit: number): Generator<Span> {
  let open: Extent[] = [];
  for (const extent of extents) {
    const first = open[0];
    const last = open.at(-1);
    const joins =
      first !== undefined &&
      last !== undefined &&
      extent.segment === first.segment &&
      extent.offset >= endOf(last) &&
      endOf(extent) - first.offset <= limit;
    if (joins) {
      open.push(extent);
      continue;
    }
    if (open.length > 0) yield spanOf(open);
    open = [extent];
  }
  if (open.length > 0) yield spanOf(open);
}

export function spanOf(extents: readonly Extent[]): Span {
  const first = extents[0];
  const last = extents.at(-1);
  if (first === undefined || last === undefined) throw new TypeError("A span has at least one record");
  return { segment: first.segment, start: first.offset, bytes: endOf(last) - first.offset, extents };
}

function endOf({ offset, length }: Extent): number {
  return offset + HEADER_BYTES + length;
}
