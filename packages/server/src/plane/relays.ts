/** The ways through a host's link to what listens behind it. */
import { bearerAuthentication } from "../domain/identity/index.ts";
import { createCarrier, createOrigins, createRelay, createRelaySockets } from "../domain/relay/index.ts";
import { createClients, createProxy } from "../gateways/tower-relay/index.ts";
import type { Ground } from "./ground.ts";
import type { Hosts } from "./hosts.ts";
import type { People } from "./people.ts";

export type Relays = ReturnType<typeof openRelays>;

export function openRelays(own: AsyncDisposableStack, ground: Ground, { identity, who }: People, hosts: Hosts) {
  const { settings, audit, bus, clock, log, metrics, relayDomain } = ground;
  const relay = own.use(
    createRelay({
      links: hosts.links.links,
      streams: hosts.streams,
      fleet: hosts.fleet,
      audit: audit.log,
      ended: who.ended,
      bus,
      clock,
      log,
      metrics,
    }),
  );
  const carrier = own.use(createCarrier({ relay, audit: audit.log, log, answerMs: settings.relaySeconds * 1000 }));
  const byToken = bearerAuthentication(identity);
  const authenticate = (authorization: string | undefined, { address }: { readonly address: string }) =>
    byToken(authorization, address);
  const proxy = createProxy({ relay, carrier, authenticate, log });
  const origins = createOrigins({
    relay,
    carrier,
    ended: who.ended,
    clock,
    log,
    ...(relayDomain === undefined ? {} : { domain: relayDomain }),
  });
  const sockets = createRelaySockets({ relay, authenticate, clock, log });
  const clients = createClients({ fleet: hosts.fleet, relay });
  return { relay, clients, proxy, origins, sockets };
}
