/** Topics of the live stream, followed until nobody wants them: through lost connections and servers that start anew. */
import { ClientError, mayRetry, type LiveEvent } from "@atalaya/client/browser";
import { client } from "./client.ts";
import { cell, type Source } from "./source.ts";

const state = cell<"connected" | "reconnecting">("connected");
client.live.onState(state.set);

/** Of the one WebSocket of this tab. */
export const liveState: Source<"connected" | "reconnecting"> = state;

export interface Following {
  readonly since?: number;
  readonly onEvents: (events: readonly LiveEvent[], cursor: number) => void;
  /** Nothing will follow: the topic is over, or (with a failure) cannot be followed. */
  readonly onEnd?: (failure: ClientError | undefined) => void;
}

const RETRY_MS = 2_000;

/** Follows from now on; the answer ends it. */
export function follow(
  topic: string,
  params: Readonly<Record<string, unknown>>,
  { since, onEvents, onEnd }: Following,
): () => void {
  const over = new AbortController();
  void (async () => {
    let cursor = since;
    while (!over.signal.aborted) {
      try {
        const options = { signal: over.signal, ...(cursor === undefined ? {} : { since: cursor }) };
        for await (const batch of client.live.subscribe(topic, params, options)) {
          if (over.signal.aborted) return;
          cursor = batch.cursor;
          onEvents(batch.events, batch.cursor);
        }
        return onEnd?.(undefined);
      } catch (error) {
        if (over.signal.aborted) return;
        const failure = error instanceof ClientError ? error : undefined;
        if (failure === undefined || !mayRetry(failure.code)) return onEnd?.(failure);
        state.set("reconnecting");
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  })();
  return () => over.abort();
}
