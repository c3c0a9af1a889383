/** Original stormbolt agents: their certificates, their door, and the road to what listens on their hosts. */
import { join } from "node:path";
import type { Part } from "../api/mount.ts";
import { failureLimit } from "../domain/identity/index.ts";
import { activationRoutes, agentRoutes, createActivation } from "../gateways/activation/index.ts";
import { boltRoad, openBolts, type Arrivals } from "../gateways/bolt/index.ts";
import type { RsaAuthority } from "../platform/pki/rsa-authority.ts";
import type { HostPort } from "../settings/index.ts";
import type { Ground } from "./ground.ts";
import type { Hosts } from "./hosts.ts";
import { pruneDaily } from "./pruning.ts";
import type { Relays } from "./relays.ts";
import { boltSettings, certificateNames } from "./settings.ts";
import type { Watching } from "./watching.ts";

export interface BoltArrivals extends Arrivals {
  readonly addresses: readonly HostPort[];
}

export interface OldAgentsNeeds {
  readonly ground: Ground;
  readonly hosts: Hosts;
  readonly relays: Relays;
  readonly watching: Watching;
  /** Where they arrive; absent: they do not. */
  readonly arrivals: BoltArrivals | undefined;
}

export type OldAgents = Awaited<ReturnType<typeof openOldAgents>>;

export async function openOldAgents(
  own: AsyncDisposableStack,
  { ground, hosts, relays, watching, arrivals }: OldAgentsNeeds,
) {
  const { settings, data, store, bus, clock, log, metrics, reachable, reachableAt, title } = ground;
  // Made when it is first needed: most servers never see such an agent.
  let made: Promise<RsaAuthority> | undefined;
  const authority = () =>
    (made ??= import("../platform/pki/rsa-authority.ts").then(({ openRsaAuthority }) =>
      openRsaAuthority(join(data, "pki"), {
        clock,
        name: "bolt",
        names: certificateNames(settings, [...reachable.servers, ...reachableAt(arrivals?.addresses ?? []).servers]),
      }),
    ));
  const activation = createActivation({ store, clock, authority, certificateDays: settings.boltCertificateDays });
  own.use(pruneDaily({ what: "expired certificates of stormbolt agents", clock, log, prune: activation.prune }));
  if (arrivals !== undefined || settings.boltUplinks.length > 0) {
    const bolts = own.use(
      await openBolts({
        arrivals,
        settings: boltSettings(settings),
        authority,
        admit: activation.admit,
        onDismissed: activation.onDismissed,
        fleet: hosts.fleet,
        status: { put: async (host, whole) => void (await watching.status.put(host, { whole }, "bolt")) },
        bus,
        clock,
        log,
      }),
    );
    own.use(relays.relay.addRoad(boltRoad(bolts)));
    metrics.gauge({
      name: "bolts_connected",
      help: "Stormbolt agents that are connected, also through servers of theirs",
      collect: (gauge) => gauge.set(bolts.size),
    });
  }
  const needs = {
    activation,
    clock,
    ca: async () => (await authority()).caPem,
    tracker: () => `https://${reachable.servers[0] ?? title}/`,
    uplinks: () => (arrivals === undefined ? [] : reachableAt(arrivals.addresses).servers),
  };
  // One limit, by whichever way somebody guesses.
  const activating: Part = { at: "/", routes: activationRoutes({ ...needs, limit: failureLimit() }) };
  const parts: readonly Part[] = [activating, { at: "/", routes: agentRoutes(needs) }];
  return {
    activation,
    /** What agents need to get their certificates. */
    activating,
    /** That, and the operator's side. */
    parts,
  };
}
