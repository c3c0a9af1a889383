/**
 * Words. A *bench* answers one question with *figures*: the numbers in the tree it returns, named by their path
 * (`ratio.p99`). A figure that the design demands something of has a *target*, usually a multiple of a bare peer
 * measured in the same run, because machines differ and ratios do not.
 */
export interface Bench {
  readonly question: string;
  /** What may be asked of it on the command line, with a sentence each: `{ agents: "how many links (10000)" }`. */
  readonly options?: Readonly<Record<string, string>>;
  readonly targets?: Readonly<Record<string, Target>>;
  run(options: BenchOptions): Promise<object>;
}

export type Target = { readonly atMost: number } | { readonly atLeast: number };

/** `--agents 10000` arrives as a number, `--engine postgres` as text, a bare `--full` as `true`. */
export type BenchOptions = Readonly<Record<string, string | number | true>>;
