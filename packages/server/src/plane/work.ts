/** What hosts are made to do: jobs, and what is sent through them. */
import { join } from "node:path";
import { deploy, environment, exec, instances, packages, personality, services } from "@atalaya/protocol";
import { createAccounts } from "../domain/accounts/index.ts";
import { collectHourly, createBlobs } from "../domain/blobs/index.ts";
import { createDeploymentsRoom, savedBlobNames } from "../domain/deployments/index.ts";
import { createJobs } from "../domain/jobs/index.ts";
import { createScripts, scriptStore } from "../domain/scripts/index.ts";
import { openBlobs } from "../platform/blobs/index.ts";
import type { Ground } from "./ground.ts";
import type { Hosts } from "./hosts.ts";
import { DAY_MS, guardOf } from "./settings.ts";

export type Work = Awaited<ReturnType<typeof openWork>>;

export async function openWork(own: AsyncDisposableStack, ground: Ground, { fleet, links }: Hosts) {
  const { settings, data, store, segments, bus, clock, log, pki, key, metrics } = ground;
  const blobs = createBlobs({
    store,
    bytes: await openBlobs(join(data, "blobs"), { clock, reserveBytes: settings.diskReserve }),
    mostBytes: settings.blobBytes,
    clock,
    log,
  });
  const accounts = createAccounts({ rules: settings.accounts, fleet });
  const jobs = own.use(
    await createJobs({
      store,
      segments,
      bus,
      clock,
      log,
      fleet,
      links: links.links,
      accounts,
      capabilities: [exec, deploy, packages, services, instances, environment, personality],
      blobs,
      alsoNamed: savedBlobNames(store),
      signTickets: (root) => pki.signTickets(root),
      key,
      guard: { confirmAbove: settings.confirmAbove, ...guardOf(settings) },
      retention: {
        outputMaxAgeMs: settings.outputDays * DAY_MS,
        outputMaxBytes: settings.outputBytes,
        historyMaxAgeMs: settings.jobsDays * DAY_MS,
      },
      metrics,
    }),
  );
  const { names } = jobs;
  const deployments = createDeploymentsRoom({ store, jobs: jobs.jobs, blobs, names, key, clock });
  const scripts = createScripts({ store: scriptStore(store), jobs: jobs.jobs, clock });
  own.use(collectHourly({ blobs, names, clock, log }));
  return { accounts, blobs, jobs, names, deployments, scripts };
}
