import type { Readable } from "node:stream";

const KEPT_CHARACTERS = 4_000;
const KEPT_LINES = 20;
/** Something that the process has started may hold the stream open: nobody waits for that. */
const WAIT_MS = 500;

/** Reads the stream of a process and keeps its last lines. One that could not even be started may have no stream. */
export function lastWords(stream: Readable | null | undefined): {
  /** Resolves when all was read, at the latest soon after; then the stream is closed. */
  taken(): Promise<string>;
} {
  if (stream === null || stream === undefined) return { taken: async () => "" };
  let text = "";
  stream.setEncoding("utf8").on("data", (more: string) => (text = (text + more).slice(-KEPT_CHARACTERS)));
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  // What was said counts, not how the stream ended.
  stream.on("error", () => {});
  return {
    async taken() {
      const patience = setTimeout(() => stream.destroy(), WAIT_MS);
      await closed;
      clearTimeout(patience);
      return text.trim().split("\n").slice(-KEPT_LINES).join("\n");
    },
  };
}
