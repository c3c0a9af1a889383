/** What every room stands on: the store, the keys, the bus, the books, and what this server is called. */
import { randomBytes } from "node:crypto";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { createAudit } from "../domain/audit/index.ts";
import { reachableServers } from "../domain/distribution/index.ts";
import { installationKey, installationName, storeOwner } from "../installation.ts";
import { migrations } from "../migrations/index.ts";
import { createLocalBus } from "../platform/bus/index.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log/index.ts";
import { createMetrics, watchCommits, watchProcess } from "../platform/metrics/index.ts";
import { openPki } from "../platform/pki/index.ts";
import { openSegments } from "../platform/segments/index.ts";
import { lockFolder, openStore } from "../platform/store/index.ts";
import type { HostPort, Settings } from "../settings/index.ts";
import { certificateFiles, certificateNames, DAY_MS } from "./settings.ts";

export interface GroundNeeds {
  readonly settings: Settings;
  readonly addresses: readonly HostPort[];
  readonly log: Log;
  readonly clock: Clock;
}

export type Ground = Awaited<ReturnType<typeof openGround>>;

/** What it opens it gives to `own`, also when a later step fails. */
export async function openGround(own: AsyncDisposableStack, { settings, addresses, log, clock }: GroundNeeds) {
  const { data } = settings;
  const bus = createLocalBus({ clock, log });
  const metrics = createMetrics();
  own.use(watchProcess(metrics));

  // The embedded store locks its folder itself.
  if (settings.store.kind !== "embedded") own.use(lockFolder(join(data, "store")));
  const store = own.use(
    await openStore(
      settings.store.kind === "embedded"
        ? { engine: "sqlite", folder: join(data, "store"), backups: settings.backups }
        : { engine: "postgres", url: settings.store.url, owner: await storeOwner(data) },
      { clock, log, migrations },
    ),
  );
  own.use(watchCommits(metrics, store));
  const segments =
    store.engine === "sqlite" ? own.use(await openSegments(join(data, "output"), { clock, log })) : undefined;

  const reachableAt = (listen: readonly HostPort[]) =>
    reachableServers({
      listen,
      names: settings.names,
      interfaces: Object.values(networkInterfaces()).flatMap((cards) => cards ?? []),
    });
  const reachable = reachableAt(addresses);
  const named = certificateFiles(settings);
  // Browsers take names below localhost for this machine: a trial needs nothing else.
  const relayDomain = settings.relayDomain ?? (reachable.onlyLoopback ? "relay.localhost" : undefined);
  const pki = own.use(
    await openPki(join(data, "pki"), {
      clock,
      log,
      names: [
        ...certificateNames(settings, reachable.servers),
        ...(relayDomain === undefined ? [] : [`*.${relayDomain}`]),
      ],
      ...(named === undefined ? {} : { named }),
    }),
  );
  const server = await installationName(data);
  const audit = own.use(
    await createAudit({
      store,
      bus,
      clock,
      log,
      writer: server,
      signer: pki.statements,
      ca: pki.ca,
      folder: join(data, "audit"),
      keepMs: settings.auditDays * DAY_MS,
    }),
  );
  return {
    settings,
    data,
    clock,
    log,
    bus,
    metrics,
    store,
    segments,
    pki,
    audit,
    reachable,
    reachableAt,
    relayDomain,
    /** This installation's lasting name, and its secret, from which rooms derive theirs. */
    server,
    key: await installationKey(data),
    /** What people call this server. */
    title: settings.names[0] ?? hostname(),
    /** Tells this start from others: four random bytes, in hex. */
    start: randomBytes(4).toString("hex"),
    startedAt: clock.now(),
  };
}
