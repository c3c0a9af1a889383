/** What a graph draws, made of points in time. Pure. */

/** One line of values; null where nothing was told. */
export type Line = readonly (number | null)[];

export interface Drawn {
  /** Seconds since the epoch. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
}

/**
 * Columns of what rows tell. Where two rows are further apart than `gapMs` nobody was told anything: the line breaks there,
 * instead of claiming that it went straight on.
 */
export function drawn<Row extends { readonly at: number }>(
  rows: readonly Row[],
  picks: readonly ((row: Row) => number | null)[],
  gapMs: number,
): Drawn {
  const times: number[] = [];
  const lines: (number | null)[][] = picks.map(() => []);
  let before: number | undefined;
  for (const row of rows) {
    if (before !== undefined && row.at <= before) continue;
    if (before !== undefined && row.at - before > gapMs) {
      times.push((before + row.at) / 2_000);
      for (const line of lines) line.push(null);
    }
    times.push(row.at / 1_000);
    for (const [index, pick] of picks.entries()) lines[index]!.push(pick(row));
    before = row.at;
  }
  return { times, lines };
}

/** Told seldom beside what is told often: the values between are those before, up to `untilMs`. */
export function held<Row extends { readonly at: number }, Key extends keyof Row>(
  rows: readonly Row[],
  keys: readonly Key[],
  untilMs: number,
): readonly Row[] {
  const last = new Map<Key, { readonly at: number; readonly value: Row[Key] }>();
  return rows.map((row) => {
    const filled: Partial<Row> = {};
    for (const key of keys) {
      if (row[key] !== null) last.set(key, { at: row.at, value: row[key] });
      else {
        const known = last.get(key);
        if (known !== undefined && row.at - known.at <= untilMs) filled[key] = known.value;
      }
    }
    return { ...row, ...filled };
  });
}

/** The last value that was told. */
export function lastOf(line: Line): number | undefined {
  return line.findLast((value) => value !== null) ?? undefined;
}

/** Whether there is anything to draw. */
export function isTold(line: Line): boolean {
  return line.some((value) => value !== null);
}

/** A top for an axis of what has no natural one: somewhat above the highest, and never below `least`. */
export function topOf(lines: readonly Line[], least: number): number {
  let highest = least;
  for (const line of lines) for (const value of line) if (value !== null && value > highest) highest = value;
  return highest === least ? least : highest * 1.1;
}
