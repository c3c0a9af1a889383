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
  let isAsked = false;
  function end(signal: NodeJS.Signals): void {
    if (isAsked && signal !== "SIGHUP") process.exit(130);
    isAsked = true;
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
