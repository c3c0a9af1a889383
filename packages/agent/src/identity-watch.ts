import { watch } from "node:fs";

const POLL_MS = 60_000;

/** Resolves when `atalaya-agent join` gave this folder another identity, when it is time to look again, or on the signal. */
export function identityChanged(data: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    let watcher: ReturnType<typeof watch> | undefined;
    const done = (): void => {
      watcher?.close();
      signal.removeEventListener("abort", done);
      resolve();
    };
    signal.addEventListener("abort", done, { once: true });
    const start = (): void => {
      watcher = watch(data, (_, name) => {
        if (name === "identity.json") done();
      });
      watcher.on("error", () => undefined);
    };
    try {
      start();
    } catch {
      const timer = setTimeout(done, POLL_MS);
      signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    }
  });
}
