import type { Agent } from "node:http";
import type { BlobWish } from "./blobs.ts";

export type BlobSourceNeeds = Pick<BlobWish, "link" | "key" | "environment">;

/** Where runs of this agent get their blobs: the code for it is loaded when the first is asked for. */
export interface BlobSource extends Disposable {
  fetch(wish: Pick<BlobWish, "sha256" | "run" | "into" | "patient" | "came">): Promise<void>;
}

const CONNECTIONS = 4;

export function blobSource({ link, key, environment }: BlobSourceNeeds): BlobSource {
  // A link's address and certificate are its own, so are the connections beside it.
  let kept: { readonly link: ReturnType<typeof link>; readonly agents: Map<string, Agent> } | undefined;
  return {
    async fetch(wish) {
      const [{ fetchBlob }, { keptConnections }] = await Promise.all([
        import("./blobs.ts"),
        import("./enrol/https.ts"),
      ]);
      await fetchBlob({
        ...wish,
        link,
        key,
        environment,
        ...(wish.patient === undefined
          ? {}
          : {
              connections(to) {
                const now = link();
                if (kept === undefined || kept.link !== now) kept = { link: now, agents: new Map() };
                const agent = kept.agents.get(to) ?? keptConnections(CONNECTIONS);
                kept.agents.set(to, agent);
                return agent;
              },
            }),
      });
    },
    [Symbol.dispose]() {
      for (const agent of kept?.agents.values() ?? []) agent.destroy();
    },
  };
}
