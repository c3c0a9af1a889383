/**
 * How many answers strangers may cause: anybody can put another's address on a question (S-15 of the ancestor's
 * weaknesses), so a source has a small allowance and all together a larger one.
 */
export interface Budget {
  /** Whether one more answer to this source is allowed now; counts it. */
  take(source: string): boolean;
}

export function answerBudget(needs: {
  readonly now: () => number;
  readonly perSource: number;
  readonly inAll: number;
  readonly everyMs: number;
}): Budget {
  let since = needs.now();
  let all = 0;
  const sources = new Map<string, number>();
  return {
    take(source) {
      if (needs.now() - since >= needs.everyMs) {
        since = needs.now();
        all = 0;
        sources.clear();
      }
      const own = sources.get(source) ?? 0;
      if (all >= needs.inAll || own >= needs.perSource) return false;
      all += 1;
      sources.set(source, own + 1);
      return true;
    },
  };
}
