/** The log at work: takes what happened, commits it in groups, keeps the witness. */
import { AtalayaError } from "@atalaya/protocol";
import type { AuditEntry, Position } from "@atalaya/protocol/audit";
import type { AuditDoor, Change, Outcome } from "../../api/audit.ts";
import { inBatches } from "../../platform/batches.ts";
import type { Bus } from "../../platform/bus/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log/index.ts";
import { crowd } from "./crowd.ts";
import type { ChainStore } from "./chains.store.ts";
import type { EntryStore } from "./entries.store.ts";
import type { Marks } from "./marks.ts";
import { signedPosition, type AuditSigner } from "./signing.ts";
import type { Witness } from "./witness.ts";
import { chained, draftOf, type Draft } from "./writing.ts";

export interface AuditLog extends AuditDoor {
  /** What an earlier process began and did not end. Before anything else is written. */
  tellLeft(): Promise<void>;
}

export interface AuditLogNeeds {
  readonly writer: string;
  readonly chains: Pick<ChainStore, "append">;
  readonly entries: Pick<EntryStore, "has">;
  readonly signer: AuditSigner;
  readonly witness: Witness;
  readonly marks: Marks;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
}

export interface OwnedLog extends AuditLog, AsyncDisposable {}

const MOST_A_COMMIT = 500;
const AGAIN_MS = 2_000;
/** Who the server is when it tells something of its own accord. */
const SERVER = { name: "server" };

export function createAuditLog(needs: AuditLogNeeds): OwnedLog {
  const { writer, chains, entries, signer, witness, marks, bus, clock, log } = needs;
  const sign = (position: Position) => signedPosition(signer, "entry", position);
  const founding = signedPosition(signer, "base", { writer, sequence: 0, hash: "0".repeat(64) });
  /** Changes that were made and could not be written yet: until they are, nothing else may be changed. */
  let owed = 0;
  let isOver = false;
  const waiting = new Set<Disposable>();

  async function commit(drafts: readonly Draft[]): Promise<readonly undefined[]> {
    let lost: Position | undefined;
    const { entries: written } = await chains.append(writer, founding, (head) => {
      // Behind what this server wrote before: somebody cut the chain, or brought back an older store.
      lost = isBehind(head, witness.head) ? witness.head : undefined;
      return chained(head, lost === undefined ? drafts : [rewound(head, lost), ...drafts], sign);
    });
    if (lost !== undefined) {
      log.error({ expected: lost, found: written[0]!.sequence - 1 }, "entries of the audit log are missing");
    }
    witness.saw(positionOf(written.at(-1)!));
    bus.tell("audit");
    return drafts.map(() => undefined);
  }
  const append = inBatches(commit, { most: MOST_A_COMMIT });

  function rewound(head: Position, expected: Position): Draft {
    const { sequence, hash } = expected;
    const details = { found: head.sequence, expected: { sequence, hash } };
    return draftOf({ actor: SERVER, action: "audit.rewound", details }, { outcome: "done" }, clock.now());
  }

  const strangers = crowd(clock, (network, refusals) => {
    const change: Change = { actor: SERVER, action: "audit.crowd", address: network, details: { refusals } };
    append(draftOf(change, { outcome: "done" }, clock.now())).catch((error: unknown) =>
      log.error({ err: error }, "could not write to the audit log"),
    );
  });

  /** Also whoever only says who they are. */
  const isStranger = ({ actor, action }: Change) => actor.name === "nobody" || action === "session.create";
  const isLeftOut = (change: Change, how: Outcome) =>
    how.outcome === "refused" &&
    isStranger(change) &&
    change.address !== undefined &&
    !strangers.admits(change.address);

  /** The change has been made: what cannot be written now is written later, and until then nothing else is changed. */
  async function isWritten(draft: Draft): Promise<boolean> {
    try {
      await append(draft);
    } catch (error) {
      owed += 1;
      log.error({ err: error }, "could not write to the audit log; nothing is changed until it can be");
      return false;
    }
    return true;
  }

  async function later(draft: Draft, written: () => void): Promise<void> {
    for (;;) {
      await new Promise<void>((resolve) => {
        const timer = clock.after(AGAIN_MS, () => {
          waiting.delete(timer);
          resolve();
        });
        waiting.add(timer);
      });
      if (isOver) return;
      try {
        await append(draft);
        owed -= 1;
        return written();
      } catch {
        // Again, as long as it takes: its mark stays as well, for the next start.
      }
    }
  }

  return {
    async begin(change) {
      if (owed > 0) {
        throw new AtalayaError("audit.unavailable", "The audit log cannot be written, so nothing may be changed.", {
          next: "See the server's log; it tries again by itself.",
        });
      }
      const end = await marks.begin({ at: clock.now(), change });
      return {
        async end(how, about) {
          const whole = { ...change, ...about, details: { ...change.details, ...about?.details } };
          if (isLeftOut(whole, how)) return end();
          const draft = draftOf(whole, how, clock.now());
          if (await isWritten(draft)) return end();
          // The answer is not kept back: the change has been made.
          void later(draft, end);
        },
        drop: end,
      };
    },
    async record({ outcome, ...entry }) {
      const how = ("code" in entry ? { outcome, code: entry.code } : { outcome }) as Outcome;
      if (!isLeftOut(entry, how)) await append(draftOf(entry, how, clock.now()));
    },
    async tellLeft() {
      for (const { at, change } of marks.left) {
        const { requestId, action } = change;
        if (requestId !== undefined && (await entries.has(requestId, action, at))) continue;
        await append(draftOf(change, { outcome: "unknown" }, at));
      }
      await marks.forgetLeft();
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      strangers[Symbol.dispose]();
      for (const timer of waiting) timer[Symbol.dispose]();
      await witness.settled();
    },
  };
}

function isBehind(head: Position, seen: Position | undefined): boolean {
  if (seen === undefined || seen.writer !== head.writer) return false;
  return head.sequence < seen.sequence || (head.sequence === seen.sequence && head.hash !== seen.hash);
}

function positionOf({ writer, sequence, hash }: AuditEntry): Position {
  return { writer, sequence, hash };
}
