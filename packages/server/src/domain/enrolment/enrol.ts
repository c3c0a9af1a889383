/** One step of the conversation by which a machine comes in: `protocol/enrolment.ts` says it from the agent's side. */
import { AtalayaError, type EnrolmentReply, type EnrolmentRequest } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import { inTurns } from "../../platform/turns.ts";
import type { Pki } from "../../platform/pki/index.ts";
import { printable, type Fleet } from "../fleet/index.ts";
import { addressBudget } from "./address-budget.ts";
import type { Attacher } from "./attach.ts";
import type { CertificateStore } from "./certificates.store.ts";
import type { EntryStore } from "./entry.store.ts";
import type { Asker } from "./enrolments.ts";
import type { Held } from "./held.ts";
import { newEnrolmentId, type Issuer } from "./issue.ts";
import { hashOfGiven, refusalSentences, shareSentence } from "./join-token.ts";
import type { EnrolmentSettings } from "./settings.ts";
import type { EnrolmentRow } from "./tables.store.ts";

const ANOTHER_KEY = "Its key gets in no more: uninstall the agent (atalaya-agent uninstall), then join anew";

export interface EnrolNeeds {
  readonly entries: EntryStore;
  readonly certificates: Pick<CertificateStore, "usable">;
  readonly pki: Pick<Pki, "readCsr" | "caPin" | "caPem">;
  readonly fleet: Pick<Fleet, "byKey">;
  readonly held: Pick<Held, "check">;
  readonly attach: Attacher;
  readonly issue: Issuer;
  readonly clock: Clock;
  readonly settings: EnrolmentSettings;
  /** `host:port` that agents should dial, in order. */
  readonly servers: () => readonly string[];
  /** An enrolment was entered. */
  readonly entered: () => void;
}

/** Added to the cost of a request that was refused. */
const REFUSAL_COST = 20;
const DAY = 86_400_000;

/** How many of one network may wait: a lab at once, but no address alone fills the queue for days. */
const shareOf = (queueSize: number): number => Math.max(50, Math.floor(queueSize / 10));

export function enroller(needs: EnrolNeeds) {
  const { entries, certificates, pki, fleet, attach, clock, settings } = needs;
  const budget = addressBudget(settings.perAddress);
  /** One step at a time for each key, so that impatient agents do not get two hosts. */
  const inTurn = inTurns<string>();

  async function enrol(request: EnrolmentRequest, from: Asker): Promise<EnrolmentReply> {
    const waitMs = budget.spend(from.address, 1, clock.now());
    if (waitMs > 0) {
      throw new AtalayaError("request.rate-limited", "too many enrolments from this address", {
        details: { retryAfterMs: waitMs },
      });
    }
    try {
      const reply = await step(request, from);
      if (reply.state === "accepted") budget.charge(from.address, -1, clock.now());
      return reply;
    } catch (error) {
      budget.charge(from.address, REFUSAL_COST, clock.now());
      throw error;
    }
  }

  async function step(request: EnrolmentRequest, from: Asker): Promise<EnrolmentReply> {
    const tokenHash = request.token === undefined ? undefined : hashOfGiven(request.token, pki.caPin);
    const { cn, publicKeySha256: publicKey } = await pki.readCsr(request.csr);
    return inTurn(publicKey, async () => {
      const row = await enter(request, { from, cn, publicKey, tokenHash });
      if (row.state === "pending") {
        return { state: "pending", enrolment: row.id, retryAfterMs: settings.askAgainMs };
      }
      return accepted(row, request.csr, publicKey);
    });
  }

  async function enter(
    request: EnrolmentRequest,
    asked: { from: Asker; cn: string | undefined; publicKey: string; tokenHash: string | undefined },
  ): Promise<EnrolmentRow> {
    const known = await entries.byPublicKey(asked.publicKey);
    if (asked.cn !== undefined && asked.cn !== known?.id) {
      throw new AtalayaError("enrolment.csr-mismatch", "the CSR names somebody else");
    }
    const now = clock.now();
    // Waiting agents ask again and again: that costs no transaction.
    if (known?.state === "pending" && asked.tokenHash === undefined && known.expires_at! > now) return known;
    if (known?.state === "accepted" && known.public_key === asked.publicKey) return known;
    await needs.held.check(request);
    const entered = await entries.enter({
      newcomer: {
        id: newEnrolmentId(),
        public_key: asked.publicKey,
        fingerprint: JSON.stringify(request.fingerprint),
        system_kind: request.system.kind,
        system_name: printable(request.system.name),
        hostname: printable(request.hostname),
        agent_version: printable(request.agentVersion),
        address: asked.from.address,
      },
      tokenHash: asked.tokenHash,
      now,
      queue:
        settings.queue === undefined
          ? undefined
          : {
              size: settings.queue.size,
              perNetwork: shareOf(settings.queue.size),
              expiresAt: now + settings.queue.expiresMs,
            },
    });
    if (entered.kind === "refused") {
      const sentence = entered.share === true ? shareSentence : refusalSentences[entered.code];
      throw new AtalayaError(
        entered.code,
        sentence,
        entered.code === "certificate.revoked" ? { next: ANOTHER_KEY } : undefined,
      );
    }
    asked.from.entered?.();
    needs.entered();
    return entered.row;
  }

  async function accepted(row: EnrolmentRow, csr: string, publicKey: string): Promise<EnrolmentReply> {
    const { host } = await attach(row);
    const known = fleet.byKey(host);
    // One that ends soon is of no use to an agent that has just lost its own.
    const until = clock.now() + (settings.certificateDays * DAY) / 10;
    const certificate =
      (await certificates.usable(row.key, { publicKey, until, states: ["issued", "current"] })) ??
      (await needs.issue({ enrolment: row, csr, publicKey }));
    return {
      state: "accepted",
      enrolment: row.id,
      host: { id: known?.id ?? "", name: known?.name ?? row.hostname },
      certificate,
      ca: pki.caPem,
      servers: [...needs.servers()],
    };
  }

  return enrol;
}
