/**
 * One chatty run into the store: how fast what it prints is committed through the ledger, on both engines, each beside
 * its floor, turn about in the same run: appends of the same chunks to one file, made durable as often as the ledger
 * commits; inserts of rows of the same size, as many a transaction. Every measurement is a process of its own.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { startPostgres } from "../packages/server/src/platform/store/postgres.testing.ts";
import { benchChild } from "./child.ts";
import { median } from "./measure.ts";
import type { Measured, OutputOrder } from "./output.child.ts";

export const question =
  "How fast is the output of one run committed, against bare appends and bare inserts of the same bytes?";

export const options = {
  megabytes: "how much the run prints (400)",
  chunk: "bytes of a chunk (262144: what agents send when there is enough)",
  rounds: "how often each is measured (3)",
};

export const targets = {
  "embedded.mbPerSecond": { atLeast: 100 },
  "postgres.ofBare": { atLeast: 0.8 },
  // What waits for the writer is bounded (32 MiB at the high-water mark), whatever the run prints.
  "embedded.grownMb": { atMost: 256 },
  "postgres.grownMb": { atMost: 256 },
};

/** Of the ledger (`gathering.ts`): what it commits together, and what a row or record holds. */
const GROUP_BYTES = 4 * 1024 * 1024;
const ROW_BYTES = 1024 * 1024;

export interface OutputOptions {
  readonly megabytes?: number;
  readonly chunk?: number;
  readonly rounds?: number;
}

export async function run({ megabytes = 400, chunk = 256 * 1024, rounds = 3 }: OutputOptions = {}): Promise<object> {
  const amount = { bytes: Math.ceil((megabytes * 1e6) / GROUP_BYTES) * GROUP_BYTES, chunkBytes: chunk };
  await using undo = new AsyncDisposableStack();
  const root = await mkdtemp(join(tmpdir(), "atalaya-bench-output-"));
  undo.defer(() => rm(root, { recursive: true, force: true }));
  const cluster = undo.use(await startPostgres({ fsync: true }));
  const kinds = {
    appends: [] as Measured[],
    embedded: [] as Measured[],
    inserts: [] as Measured[],
    postgres: [] as Measured[],
  };

  for (let round = 0; round < rounds; round += 1) {
    kinds.appends.push(await inFolder((folder) => ({ do: "appends", ...amount, folder, groupBytes: GROUP_BYTES })));
    kinds.embedded.push(
      await inFolder((folder) => ({ do: "ledger", ...amount, folder, store: { engine: "sqlite", folder } })),
    );
    kinds.inserts.push(
      await inDatabase((url) => ({ do: "inserts", ...amount, url, rowBytes: ROW_BYTES, groupBytes: GROUP_BYTES })),
    );
    kinds.postgres.push(
      await inDatabase((url) => ({ do: "ledger", ...amount, folder: root, store: { engine: "postgres", url } })),
    );
  }

  const speed = (of: readonly Measured[]) => amount.bytes / 1e6 / (median(of.map(({ ms }) => ms)) / 1e3);
  const told = (ours: readonly Measured[], bare: readonly Measured[]) => ({
    mbPerSecond: speed(ours),
    bareMbPerSecond: speed(bare),
    ofBare: speed(ours) / speed(bare),
    cpuMsPerMb: median(ours.map(({ cpuMs }) => cpuMs)) / (amount.bytes / 1e6),
    peakRssMb: Math.max(...ours.map(({ peakRssBytes }) => peakRssBytes)) / 1e6,
    grownMb: Math.max(...ours.map(({ grownBytes }) => grownBytes)) / 1e6,
  });
  return {
    megabytes: amount.bytes / 1e6,
    chunkBytes: chunk,
    rounds,
    embedded: told(kinds.embedded, kinds.appends),
    postgres: told(kinds.postgres, kinds.inserts),
  };

  async function inFolder(orderFor: (folder: string) => OutputOrder): Promise<Measured> {
    const folder = await mkdtemp(join(root, "round-"));
    try {
      return await measured(orderFor(folder));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async function inDatabase(orderFor: (url: string) => OutputOrder): Promise<Measured> {
    await asAdmin("create database round");
    try {
      return await measured(orderFor(cluster.url("round")));
    } finally {
      await asAdmin("drop database round with (force)");
      // What one measurement leaves to be written must not be paid by the next.
      await asAdmin("checkpoint");
    }
  }

  async function asAdmin(statement: string): Promise<void> {
    const admin = new Client({ connectionString: cluster.url("postgres") });
    await admin.connect();
    try {
      await admin.query(statement);
    } finally {
      await admin.end();
    }
  }
}

async function measured(order: OutputOrder): Promise<Measured> {
  using child = benchChild<OutputOrder>("./output.child.ts");
  return await child.order<Measured>(order);
}
