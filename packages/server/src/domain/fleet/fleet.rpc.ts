import { MAX_SELECTOR_LENGTH } from "@atalaya/protocol/selectors";
import { z } from "zod";
import { rpcMethod, type RpcMethod } from "../../api/rpc-method.ts";
import type { Clock } from "../../platform/clock.ts";
import type { FleetRoom } from "./create-fleet.ts";
import { hostView } from "./view.ts";

const Selector = z.string().max(MAX_SELECTOR_LENGTH).default("all").describe("selector");

/** `atalaya.hosts`: all at once, because these protocols know no pages. */
export const fleetMethods = ({
  fleet,
  clock,
}: {
  readonly fleet: FleetRoom;
  readonly clock: Clock;
}): readonly RpcMethod[] => [
  rpcMethod({
    name: "atalaya.hosts",
    summary: "Hosts that a selector hits, in natural order of names; without one, all that the caller may see.",
    permission: "fleet.read",
    audit: "none",
    args: z.tuple([Selector]),
    async handler([selector], { actor: { places } }) {
      const { hosts } = await fleet.resolve(selector, places === undefined ? {} : { places });
      const now = clock.now();
      return hosts.map((host) => hostView(host, now));
    },
  }),
];
