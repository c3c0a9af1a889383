/**
 * Words. A *bench* answers one question with *figures*; a figure that the design demands something of carries a
 * *target*, usually a multiple of a bare peer measured in the same run, because machines differ and ratios do not.
 */
export interface Bench {
  readonly question: string;
  /** What may be asked of it on the command line, with a sentence each: `{ agents: "how many links (10000)" }`. */
  readonly options?: Readonly<Record<string, string>>;
  run(options: BenchOptions): Promise<BenchReport>;
}

/** `--agents 10000` arrives as `"10000"`, a bare `--full` as `true`. */
export type BenchOptions = Readonly<Record<string, string | true>>;

export interface BenchReport {
  readonly figures: readonly Figure[];
  /** Whatever else belongs beside the figures: sizes, counts, distributions. Goes into the JSON as it is. */
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Figure {
  /** Stable: results are compared with the baseline by it. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly better?: "lower" | "higher";
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

/** A whole number from the command line. */
export function count(options: BenchOptions, name: string, otherwise: number): number {
  const value = options[name];
  if (value === undefined) return otherwise;
  const number = Number(value);
  if (value === true || !Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} needs a whole number`);
  return number;
}
