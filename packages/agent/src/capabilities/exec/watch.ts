import { watch } from "node:fs";

const SLOW_POLL_MS = 2_000;
const POLL_MS = 200;

/**
 * Tells when something in a run's folder changed, by inotify; a slow poll covers what inotify misses (network file
 * systems, a full queue), a faster one its absence (no watches left).
 */
export function watchFolder(folder: string, changed: (name: string | undefined) => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const poll = (everyMs: number): void => {
    clearInterval(timer);
    timer = setInterval(() => changed(undefined), everyMs);
  };
  poll(SLOW_POLL_MS);
  try {
    const watcher = watch(folder, { persistent: true }, (_, name) => changed(name ?? undefined));
    watcher.on("error", () => poll(POLL_MS));
    return {
      close() {
        clearInterval(timer);
        watcher.close();
      },
    };
  } catch {
    poll(POLL_MS);
    return { close: () => clearInterval(timer) };
  }
}
