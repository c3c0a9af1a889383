import { AGENT_API_PORT, isLoopbackTarget, RELAY, type RelayRequest } from "@atalaya/protocol";
import type { z } from "zod";
import type { Links, Streams } from "../link/index.ts";
import type { Road } from "./road.ts";

/** Our own agent's: a stream of its own for each relay, which the agent dials and its host's policy allows. */
export function agentRoad({
  links,
  streams,
}: {
  readonly links: Pick<Links, "of">;
  readonly streams: Pick<Streams, "open">;
}): Required<Pick<Road, "kind" | "reaches" | "open">> {
  return {
    kind: "agent",
    reaches: ({ key }) => links.of(key) !== undefined,
    async open({ key }, { port, host }, { user, permissions, signal }) {
      const toApi = port === AGENT_API_PORT && (host === undefined || isLoopbackTarget(host));
      const request: z.input<typeof RelayRequest> = {
        port,
        ...(host === undefined ? {} : { host }),
        // Nobody else has to know what they may do here.
        ...(toApi ? { permissions: [...permissions].sort() } : {}),
      };
      return (await streams.open(key, { kind: RELAY, request, user, signal })).bytes;
    },
  };
}
