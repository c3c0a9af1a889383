/** Looks at a host, as they lie in the store: short texts, because there are millions of them. Pure. */

export interface Point {
  /** Epoch milliseconds by the server's clock. */
  readonly at: number;
  /** Shares between 0 and 1; null: the host could not tell. */
  readonly cpu: number | null;
  readonly load: number | null;
  readonly memory: number | null;
}

/** Times in base 36, shares in tenths of a percent, loads in hundredths: `time.cpu.load.memory;`. */
export function encodePoints(points: readonly Point[]): string {
  return points
    .map(({ at, cpu, load, memory }) => {
      const parts = [at.toString(36), whole(cpu, 1_000), whole(load, 100), whole(memory, 1_000)];
      return `${parts.join(".")};`;
    })
    .join("");
}

/** What cannot be read is left out. */
export function decodePoints(text: string): readonly Point[] {
  return text.split(";").flatMap((part) => {
    const [time = "", cpu, load, memory] = part.split(".");
    const at = parseInt(time, 36);
    if (part === "" || !Number.isSafeInteger(at)) return [];
    return [{ at, cpu: share(cpu, 1_000), load: share(load, 100), memory: share(memory, 1_000) }];
  });
}

/** The mean of each; null where there is nothing to take it of. */
export function meanOf(at: number, points: readonly Point[]): Point {
  const mean = (pick: (point: Point) => number | null): number | null => {
    const values = points.map(pick).filter((value) => value !== null);
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return { at, cpu: mean(({ cpu }) => cpu), load: mean(({ load }) => load), memory: mean(({ memory }) => memory) };
}

function whole(value: number | null, scale: number): string {
  return value === null ? "" : Math.round(value * scale).toString(36);
}

function share(text: string | undefined, scale: number): number | null {
  if (text === undefined || text === "") return null;
  const value = parseInt(text, 36);
  return Number.isFinite(value) ? value / scale : null;
}
