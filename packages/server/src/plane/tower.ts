/** The listeners where callers of the original stormtower come: who they are there is known before any route. */
import type { Actor } from "../api/actor.ts";
import { mount, type MountNeeds, type Part } from "../api/mount.ts";
import type { Peer } from "../cores/core.ts";
import { withoutDoubledSlashes } from "../gateways/activation/index.ts";
import { openTowerListeners, type TowerListeners } from "../gateways/tower/index.ts";
import { ownCertificates } from "./own-certificates.ts";
import type { Rooms } from "./routes.ts";

export async function openTower(
  rooms: Rooms,
  parts: readonly Part[],
  served: MountNeeds["served"],
): Promise<TowerListeners> {
  const { ground, hosts, relays, oldAgents } = rooms;
  const { settings, pki, audit, clock, log } = ground;
  const { proxy } = relays;
  const callers = new WeakMap<Peer, Actor>();
  const app = (more: readonly Part[]) =>
    mount([...parts, ...more], {
      authenticate: async (_, peer) => callers.get(peer),
      audit: audit.log,
      log,
      ...(served === undefined ? {} : { served }),
    });
  // Tokens that operators make and read come by TLS only.
  const plainApp = app(settings.towerActivation ? [oldAgents.activating] : []);
  const clientApp = app(oldAgents.parts);
  return openTowerListeners({
    plain: { listen: settings.towerListen, callers: settings.towerCallers, role: settings.towerRole },
    tls: {
      listen: settings.towerTlsListen,
      ca: settings.towerClientCa,
      crl: settings.towerClientCrl,
      clients: settings.towerClients,
    },
    names: settings.names,
    pki,
    own: ownCertificates({ enrolments: hosts.enrolment.enrolments, activation: oldAgents.activation }),
    clock,
    log,
    async fetch(request, peer, actor) {
      callers.set(peer, actor);
      return (peer.certificate === undefined ? plainApp : clientApp).fetch(withoutDoubledSlashes(request), { peer });
    },
    carry: (incoming, outgoing, peer, actor) => proxy.carry(incoming, outgoing, peer, actor),
    upgrade: (incoming, socket, head, peer, actor) => proxy.upgrade(incoming, socket, head, peer, actor),
  });
}
