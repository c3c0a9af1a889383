/** npm passes on what the terminal has sent to both already: so close together, two signals are one. */
const SAME_MS = 300;

export interface Signals extends Disposable {
  /** Resolves with the first signal that means the end. */
  readonly stop: Promise<NodeJS.Signals>;
}

/**
 * SIGHUP has two meanings: to whoever sits at a terminal, that it is gone; to everybody else, that files were replaced.
 * Who insists on the end by asking twice need not wait for its order.
 */
export function onSignals({
  detached,
  reload,
}: {
  readonly detached: boolean;
  readonly reload: () => Promise<void> | undefined;
}): Signals {
  const stop = Promise.withResolvers<NodeJS.Signals>();
  const atTerminal = !detached && (process.stdin.isTTY || process.stdout.isTTY);
  let askedAt: number | undefined;
  function end(signal: NodeJS.Signals): void {
    const now = performance.now();
    if (askedAt !== undefined && now - askedAt > SAME_MS && signal !== "SIGHUP") process.exit(130);
    askedAt ??= now;
    stop.resolve(signal);
  }
  function hangUp(signal: NodeJS.Signals): void {
    if (atTerminal) end(signal);
    else void reload();
  }
  process.on("SIGINT", end).on("SIGTERM", end).on("SIGHUP", hangUp);
  return {
    stop: stop.promise,
    [Symbol.dispose]: () => void process.off("SIGINT", end).off("SIGTERM", end).off("SIGHUP", hangUp),
  };
}
