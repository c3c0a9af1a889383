/** The machines: which there are, how they join, and the link that each keeps. */
import { createEnrolment } from "../domain/enrolment/index.ts";
import { createFleet } from "../domain/fleet/index.ts";
import { createLinks, createStreams } from "../domain/link/index.ts";
import type { Ground } from "./ground.ts";
import { DAY_MS } from "./settings.ts";

export type Hosts = Awaited<ReturnType<typeof openHosts>>;

export async function openHosts(own: AsyncDisposableStack, ground: Ground) {
  const { settings, store, bus, clock, log, pki, reachable, server, metrics } = ground;
  // Agents of other machines are told every way in; while only loopback is listened on, they keep what they dialled.
  const servers = (): readonly string[] => (reachable.onlyLoopback ? [] : reachable.servers);
  const fleet = own.use(await createFleet({ store, bus, clock, log, server }));
  const enrolment = own.use(
    createEnrolment({
      store,
      bus,
      clock,
      log,
      pki,
      fleet,
      servers,
      settings: {
        certificateDays: settings.certificateDays,
        queue: settings.pending ? { size: settings.pendingLimit, expiresMs: 7 * DAY_MS } : undefined,
      },
    }),
  );
  const { enrolments } = enrolment;
  const links = own.use(
    createLinks({
      store,
      clock,
      log,
      enrolments,
      fleet,
      server,
      ticketCertificate: pki.ticketCertificatePem,
      servers,
      metrics,
      settings: { heartbeatMs: settings.heartbeatSeconds * 1000 },
    }),
  );
  const streams = own.use(
    createStreams({
      links: links.links,
      enrolments,
      signTickets: (root) => pki.signTickets(root),
      clock,
      log,
      metrics,
    }),
  );
  return { fleet, enrolment, links, streams };
}
