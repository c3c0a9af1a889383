/** Who can be relayed to now, as the original calls them. */
import { AGENT_API_PORT } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import type { DirectoryHost, Fleet } from "../../domain/fleet/index.ts";
import type { Relay, RelayClient } from "../../domain/relay/index.ts";

export interface Clients {
  /** In the order of their first coming, within the places of who asks. */
  all(actor: Pick<Actor, "places">): Promise<readonly RelayClient[]>;
  /** Undefined: it cannot be relayed to now. Throws `host.unknown`. */
  one(name: string, actor: Actor): Promise<RelayClient | undefined>;
}

export function createClients({
  fleet,
  relay,
}: {
  readonly fleet: Pick<Fleet, "resolve">;
  readonly relay: Pick<Relay, "host" | "roadTo">;
}): Clients {
  const clientOf = (host: DirectoryHost): RelayClient | undefined => {
    const road = relay.roadTo(host);
    if (road === undefined) return undefined;
    return road.client?.(host) ?? { cname: host.id, ports: [AGENT_API_PORT], address: host.addresses[0] ?? "" };
  };
  return {
    async all({ places }) {
      const { hosts } = await fleet.resolve("all", places === undefined ? {} : { places });
      return hosts.toSorted((a, b) => a.key - b.key).flatMap((host) => clientOf(host) ?? []);
    },
    one: async (name, actor) => clientOf(await relay.host(name, actor)),
  };
}
