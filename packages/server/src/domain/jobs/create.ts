/** Puts the room together. */
import type { Capability } from "@atalaya/protocol";
import { hkdfSync } from "node:crypto";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import type { Metrics } from "../../platform/metrics/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { Segments } from "../../platform/segments/index.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Accounts } from "../accounts/index.ts";
import type { BlobNames } from "../blobs/index.ts";
import { isForeign, type Fleet, type HostKey } from "../fleet/index.ts";
import type { Links } from "../link/index.ts";
import type { Topic } from "../live/index.ts";
import { acknowledge, tell } from "./acknowledge.ts";
import { agentsListener } from "./agents.ts";
import { blobNames } from "./blob-names.store.ts";
import { book, type ActiveJob, type ActiveRun } from "./book.ts";
import type { BlobClaims } from "./claims.ts";
import { createConductor } from "./conductor.ts";
import type { SignTickets } from "./dispatch.ts";
import { outputReader } from "./follow.ts";
import { guards, zonesOf, type Zone } from "./guard.ts";
import { runIds } from "./ids.ts";
import { jobsOf, type Jobs } from "./jobs.ts";
import { lookupIn } from "./lookup.ts";
import { makerOf } from "./maker.ts";
import { jobsStore } from "./jobs.store.ts";
import { countLabs } from "./labs.ts";
import { createLedger } from "./ledger.ts";
import { ledgerStore } from "./ledger.store.ts";
import { createLoader } from "./loader.ts";
import { measureJobs } from "./metrics.ts";
import { outputDoor, type OutputDoor } from "./output-door.ts";
import { outputIndex, rowOutput, segmentOutput } from "./output.store.ts";
import type { GuardSettings } from "./policy.ts";
import { gatherProgress } from "./progress.ts";
import { progressStore } from "./progress.store.ts";
import { pruning } from "./pruning.ts";
import { retention, type Pruned, type RetentionSettings } from "./retention.store.ts";
import { unseal } from "./seal.ts";
import { toldToLog } from "./told.ts";
import { jobTopics } from "./topics.ts";
import { finalCodes } from "./transitions.ts";

export interface JobsRoomNeeds {
  readonly store: Store;
  /** Where output lies beside SQLite; on PostgreSQL it lies in rows. */
  readonly segments?: Segments | undefined;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly fleet: Pick<Fleet, "resolve" | "byKey" | "host" | "hostOfSystem" | "onGone" | "onBarred">;
  readonly links: Links;
  /** What agents can be asked, by name. */
  readonly capabilities: readonly Capability[];
  /** As whom everybody runs. */
  readonly accounts: Pick<Accounts, "accountFor">;
  /** Absent: requests that name blobs are refused. */
  readonly blobs?: BlobClaims;
  /** What keeps blobs and shows them beside jobs. */
  readonly alsoNamed?: Omit<BlobNames, "wantedBy">;
  /** `pki.signTickets`. */
  readonly signTickets: SignTickets;
  /** 32 random bytes of this installation, kept over restarts: public ids and sealed secrets hang on them. */
  readonly key: Uint8Array;
  readonly guard?: GuardSettings;
  readonly retention?: Partial<RetentionSettings>;
  readonly metrics?: Metrics;
}

export interface JobsRoom extends AsyncDisposable {
  readonly jobs: Jobs;
  readonly output: OutputDoor;
  readonly topics: readonly Topic[];
  /** Jobs that have not ended. */
  readonly unfinished: number;
  /** Which blobs jobs name, for the room that keeps them. */
  readonly names: BlobNames;
  /** Drops old output and history now; it is done every hour anyway, output also when much came. */
  prune(): Promise<Pruned>;
  /** Resolves when what may go was sent, and all that agents reported until now is committed. */
  settled(): Promise<void>;
}

const LOOK_MS = 2_000;
const PRUNE_MS = 3_600_000;
const DAY_MS = 86_400_000;
const keep: RetentionSettings = {
  outputMaxAgeMs: 30 * DAY_MS,
  outputMaxBytes: 20 * 2 ** 30,
  historyMaxAgeMs: 365 * DAY_MS,
};

/** Reads unfinished jobs back and listens to links. Resolve it before links are served. */
export async function createJobs(needs: JobsRoomNeeds): Promise<JobsRoom> {
  const { store, bus, clock, log, fleet, links, guard = {} } = needs;
  await using undo = new AsyncDisposableStack();
  const ids = runIds(derived(needs.key, "run ids", 16));
  const sealKey = derived(needs.key, "secrets", 32);
  const capabilities = new Map(needs.capabilities.map((capability) => [capability.name, capability]));
  const outputStore = outputStoreOf(needs);
  const kept = jobsStore(store);
  const pages = book(ids);
  const labs = countLabs(fleet);
  const loader = createLoader({ book: pages, store: kept, capabilities });
  const merged = new Map<HostKey, Set<HostKey>>();
  const homeOf = (run: ActiveRun): HostKey => fleet.hostOfSystem(run.system) ?? run.host;
  const ledger = undo.use(createLedger({ book: pages, store: ledgerStore(store, outputStore), clock, log }));
  const latency = needs.metrics === undefined ? undefined : measureJobs(needs.metrics, pages, ledger);
  ledger.listen({
    committed(group) {
      acknowledge(group, links, homeOf);
      tell(group, bus);
    },
  });

  ledger.listen(toldToLog(log, (run) => fleet.byKey(run.host)?.name));

  function zones(job: ActiveJob, host: number): readonly Zone[] {
    const own = guards(job.policy);
    if (!own && !guards(guard)) return [];
    const known = fleet.byKey(host);
    if (known === undefined) return [];
    const ours = own
      ? zonesOf(known, job.policy, labs.size).map((zone) => ({ ...zone, name: `${job.id} ${zone.name}` }))
      : [];
    // Where no host at all could go, no job was made: this one was moved since, and would wait for ever.
    return [...zonesOf(known, guard, labs.size), ...ours].map((zone) =>
      zone.limit < 1 ? { ...zone, limit: 1 } : zone,
    );
  }

  const conductor = undo.use(
    createConductor({
      book: pages,
      ledger,
      links,
      homeOf,
      isBarred: (host) => fleet.byKey(host)?.isBarred === true,
      isForeign(host) {
        const known = fleet.byKey(host);
        return known !== undefined && isForeign(known);
      },
      zones,
      secrets: async (job) => {
        const sealed = await kept.secrets(job.key);
        return sealed === undefined ? undefined : unseal(sealed, sealKey, job.id);
      },
      sign: needs.signTickets,
      clock,
      log,
    }),
  );

  const progressKept = progressStore(store);
  const progress = undo.use(gatherProgress({ store: progressKept, bus, clock, log }));
  ledger.listen({ committed: progress.committed });
  const agents = agentsListener({
    book: pages,
    ledger,
    conductor,
    loader,
    store: kept,
    ids,
    capabilities,
    clock,
    log,
    progress: progress.came,
    mergedInto: (host) => merged.get(host),
    ...(latency === undefined ? {} : { latency }),
  });
  ledger.listen({ pressure: agents.pressure });

  function moved(host: HostKey, into: HostKey): void {
    const guests = merged.get(into) ?? new Set();
    merged.set(into, guests.add(host));
    for (const guest of merged.get(host) ?? []) guests.add(guest);
    merged.delete(host);
  }

  /** Jobs that another server, or this one before it was killed, has made. */
  async function adopt(): Promise<void> {
    for (const { key } of await kept.unfinished()) {
      if (loader.knows(key)) continue;
      const job = await loader.load(key);
      if (job === undefined || job.finishedAt !== undefined) continue;
      for (const run of job.runs.values()) if (homeOf(run) !== run.host) moved(run.host, homeOf(run));
      conductor.begin(job);
    }
  }

  await progressKept.sweep(finalCodes);
  if (guard.labShare !== undefined) await labs.count();
  await adopt();
  const keeping = { ...keep, ...needs.retention };
  const { outputMaxBytes } = keeping;
  const old = undo.use(pruning({ pruner: retention(store, needs.segments, keeping), outputMaxBytes, clock, log }));
  ledger.listen({ committed: (group) => old.grew(group.outputBytes) });
  undo.use(every(LOOK_MS, adopt));
  undo.use(every(PRUNE_MS, () => old.prune()));
  undo.use(links.attach(agents));
  undo.use(
    fleet.onGone(({ host, into }) => {
      if (into !== undefined) moved(host, into);
      conductor.gone(host, into);
    }),
  );
  undo.use(fleet.onBarred((host) => conductor.barred(host)));

  function every(everyMs: number, act: () => Promise<unknown>): AsyncDisposable {
    const failed = (error: unknown) => log.warn({ err: error }, "could not look after jobs; trying again later");
    return repeat({ clock, everyMs, act, failed });
  }

  const lookup = lookupIn(kept, ids);
  const names = together(blobNames(store, ids, lookup), needs.alsoNamed);
  const reader = outputReader(outputIndex(store), outputStore);
  const maker = makerOf({
    conductor,
    loader,
    store: kept,
    lookup,
    ids,
    fleet,
    labs,
    capabilities,
    accounts: needs.accounts,
    blobs: needs.blobs,
    names,
    guard,
    sealKey,
    bus,
    clock,
    log,
  });
  const jobs = jobsOf({ book: pages, ledger, conductor, loader, store: kept, lookup, ids, fleet, maker });
  const owned = undo.move();
  return {
    jobs,
    output: outputDoor(lookup, reader),
    names,
    get unfinished() {
      return pages.jobs.size;
    },
    topics: jobTopics({ store: kept, lookup, output: reader, progress: progressKept, ids }),
    prune: () => old.prune(),
    async settled() {
      await conductor.idle();
      await ledger.settled();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function together(own: BlobNames, others: JobsRoomNeeds["alsoNamed"]): BlobNames {
  if (others === undefined) return own;
  return {
    wantedBy: own.wantedBy,
    named: async (digests) => (await own.named(digests)).union(await others.named(digests)),
    shownAmong: async (digests, actor) =>
      (await own.shownAmong(digests, actor)).union(await others.shownAmong(digests, actor)),
  };
}

function outputStoreOf({ store, segments }: JobsRoomNeeds) {
  if (store.engine === "postgres") return rowOutput(store);
  if (segments === undefined) throw new TypeError("Beside SQLite, output needs segments");
  return segmentOutput(segments);
}

function derived(key: Uint8Array, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key, "atalaya jobs", purpose, bytes));
}
