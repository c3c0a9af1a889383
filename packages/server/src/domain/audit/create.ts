/** Puts the room together. */
import type { X509Certificate } from "node:crypto";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { repeat } from "../../platform/repeat.ts";
import type { Store } from "../../platform/store/index.ts";
import type { Topic } from "../live/index.ts";
import { chainStore } from "./chains.store.ts";
import { entryStore, type EntryStore } from "./entries.store.ts";
import { exportLines } from "./exporting.ts";
import { createAuditLog, type AuditLog } from "./log.ts";
import { openMarks } from "./marks.ts";
import { signedPosition, type AuditSigner } from "./signing.ts";
import { auditTopic } from "./topic.ts";
import { verifyChains, type AuditReport } from "./verification.ts";
import { openWitness } from "./witness.ts";

export interface AuditRoomNeeds {
  readonly store: Store;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose chain this server writes: its name among those that share the store. */
  readonly writer: string;
  readonly signer: AuditSigner;
  readonly ca: X509Certificate;
  /** For what must outlive both the process and the store. */
  readonly folder: string;
  /** Entries older than this are dropped, behind a signed base. */
  readonly keepMs: number;
}

export interface AuditRoom extends AsyncDisposable {
  /** Where everything is told. */
  readonly log: AuditLog;
  readonly entries: Pick<EntryStore, "list" | "revision">;
  readonly topics: readonly Topic[];
  /** Reads the whole log; one at a time, who comes meanwhile gets the next one's answer. */
  verify(): Promise<AuditReport>;
  export(): Promise<ReadableStream<Uint8Array>>;
  /** Drops what is too old; done every day anyway. Resolves with the number of entries dropped. */
  prune(): Promise<number>;
}

const PRUNE_MS = 86_400_000;

/** Tells first what an earlier process began and did not end. */
export async function createAudit(needs: AuditRoomNeeds): Promise<AuditRoom> {
  const { store, bus, clock, log, writer, signer, ca, folder, keepMs } = needs;
  await using undo = new AsyncDisposableStack();
  const entries = entryStore(store);
  const chains = chainStore(store);
  await chains.addSigner(signer.id, signer.certificatePem);
  const witness = await openWitness(folder, (error) => log.warn({ err: error }, "could not write the audit witness"));
  const marks = undo.use(await openMarks(folder));
  const auditLog = undo.use(createAuditLog({ writer, chains, entries, signer, witness, marks, bus, clock, log }));
  await auditLog.tellLeft();

  const verify = () => verifyChains({ kept: chains, ca, witness: () => witness.head });
  let turn: Promise<unknown> = Promise.resolve();
  /** One behind the other: a chain whose beginning goes meanwhile would look broken. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const next = turn.then(act, act);
    turn = next;
    return next;
  }
  let verifying: Promise<AuditReport> | undefined;

  async function prune(): Promise<number> {
    let dropped = 0;
    for (const { base } of await chains.chains()) {
      const through = await chains.olderThan(base.writer, clock.now() - keepMs);
      if (through === undefined) continue;
      const signedBase = { ...through, ...signedPosition(signer, "base", through) };
      if (!(await chains.rebase(signedBase))) continue;
      const count = through.sequence - base.sequence;
      const details = { entries: count, through: through.sequence };
      await auditLog.record({
        actor: { name: "server" },
        action: "audit.prune",
        targets: [base.writer],
        details,
        outcome: "done",
      });
      dropped += count;
    }
    return dropped;
  }

  undo.use(
    repeat({
      clock,
      everyMs: PRUNE_MS,
      act: () => inTurn(prune),
      failed: (error) => log.warn({ err: error }, "could not drop old entries of the audit log; trying again tomorrow"),
    }),
  );
  const owned = undo.move();
  return {
    log: auditLog,
    entries,
    topics: [auditTopic(entries)],
    verify: () => (verifying ??= inTurn(verify).finally(() => (verifying = undefined))),
    export: () => exportLines({ kept: chains, signer, server: writer, now: clock.now() }),
    prune: () => inTurn(prune),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
