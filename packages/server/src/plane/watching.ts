/** What is seen of the machines, enrolled or not, and how it reaches whoever looks. */
import { join } from "node:path";
import { createDiscovery, discoveredFor, discoveredTopic } from "../domain/discovery/index.ts";
import { hostsTopic } from "../domain/fleet/index.ts";
import { createLive, measureLive } from "../domain/live/index.ts";
import { createMonitorRoom, loadTopic, monitorTopic } from "../domain/monitor/index.ts";
import { createStatus, statusTopic } from "../domain/status/index.ts";
import { createRecordings, createTerminals } from "../domain/terminals/index.ts";
import { presentByDnsSd } from "../gateways/dns-sd/index.ts";
import { watchMarcoPolo } from "../gateways/marcopolo/index.ts";
import { createEventStreams } from "../gateways/tower/index.ts";
import type { Ground } from "./ground.ts";
import type { Hosts } from "./hosts.ts";
import type { People } from "./people.ts";
import { pruneDaily } from "./pruning.ts";
import { DAY_MS } from "./settings.ts";
import type { Work } from "./work.ts";

export type Watching = Awaited<ReturnType<typeof openWatching>>;

export async function openWatching(
  own: AsyncDisposableStack,
  ground: Ground,
  { who }: People,
  { fleet, links, streams, enrolment }: Hosts,
  { accounts, jobs }: Work,
) {
  const { settings, data, store, bus, clock, log, audit, reachable, metrics } = ground;
  const discovery = await createDiscovery({ store, bus, clock, log });
  const discovered = discoveredFor({ discovery, fleet, desk: enrolment.desk });
  const discovers = settings.discovery === "on" || (settings.discovery === "auto" && !reachable.onlyLoopback);
  if (discovers) {
    const port = Number(reachable.servers[0]?.split(":").at(-1));
    own.use(watchMarcoPolo({ discovery, clock, log, roundMs: settings.discoverySeconds * 1000 }));
    own.use(presentByDnsSd({ discovery, port, clock, log }));
  }
  const monitor = own.use(createMonitorRoom({ store, links: links.links, bus, clock, log }));
  const status = own.use(await createStatus({ store, bus, clock, log, fleet, links: links.links }));
  const live = own.use(
    createLive({
      topics: [
        hostsTopic({ fleet, clock }),
        ...jobs.topics,
        monitorTopic({ monitor, fleet }),
        loadTopic({ monitor, fleet }),
        statusTopic({ status, fleet }),
        ...audit.topics,
        discoveredTopic({ discovery, view: discovered }),
      ],
      authenticate: who.upgrade,
      ended: who.ended,
      bus,
      clock,
      log,
    }),
  );
  measureLive(metrics, live);
  const minionEvents = own.use(
    createEventStreams({ status, fleet, bus, clock, log, ended: (credentials) => who.ended(credentials) }),
  );
  const recordings = createRecordings({ store, folder: join(data, "terminals"), fleet, clock });
  const terminals = own.use(
    createTerminals({
      streams,
      fleet,
      accountFor: (actor, asked, host) => accounts.accountFor(actor, asked, [host]),
      authenticate: who.upgrade,
      ended: who.ended,
      audit: audit.log,
      ...(settings.terminalRecording ? { recordings } : {}),
      ...(settings.terminalIdleMinutes === 0 ? {} : { idleMs: settings.terminalIdleMinutes * 60_000 }),
      bus,
      clock,
      log,
    }),
  );
  own.use(
    pruneDaily({
      what: "recordings of terminals",
      clock,
      log,
      prune: () => recordings.prune(clock.now() - settings.terminalRecordingDays * DAY_MS),
    }),
  );
  return { discovered, discovers, monitor, status, live, minionEvents, recordings, terminals };
}
