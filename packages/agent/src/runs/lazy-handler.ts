import type { Handler } from "./handler.ts";

/** A handler that is loaded, and its contract with it, when its first run comes: an agent that waits does without. */
export function lazyHandler(capability: string, load: () => Promise<Handler>): Handler {
  let loaded: Promise<Handler> | undefined;
  const handler = (): Promise<Handler> => (loaded ??= load());
  return {
    capability,
    read: async (request) => (await handler()).read(request),
    prepare: async (wish, files) => (await handler()).prepare(wish, files),
  };
}
