/** So many at once; the others wait, first come, first served. */
export interface DialTurns {
  take(): Promise<Disposable>;
}

export function dialTurns(most: number): DialTurns {
  const waiting: (() => void)[] = [];
  let taken = 0;

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) taken -= 1;
    else next();
  }

  return {
    async take() {
      if (taken < most) taken += 1;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      return { [Symbol.dispose]: leave };
    },
  };
}
