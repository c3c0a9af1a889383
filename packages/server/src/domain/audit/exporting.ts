/** The log as lines of JSON: first what follows, signed; then the chains, one behind the other. */
import { manifestBytes, type AuditManifest } from "@atalaya/protocol/audit";
import type { ChainStore } from "./chains.store.ts";
import { signed, type AuditSigner } from "./signing.ts";

const PAGE = 500;

export interface ExportNeeds {
  readonly kept: Pick<ChainStore, "chains" | "chain" | "signers">;
  readonly signer: AuditSigner;
  readonly server: string;
  readonly now: number;
}

/** All that is there now. What is written meanwhile is not in it. */
export async function exportLines(needs: ExportNeeds): Promise<ReadableStream<Uint8Array>> {
  const { kept, signer, server, now } = needs;
  const chains = await kept.chains();
  const unsigned: Omit<AuditManifest, "signature"> = {
    kind: "atalaya.audit",
    version: 1,
    at: now,
    server,
    signers: Object.fromEntries(await kept.signers()),
    signer: signer.id,
    chains: chains.map(({ base, head }) => ({
      writer: head.writer,
      base: { sequence: base.sequence, hash: base.hash },
      head: { sequence: head.sequence, hash: head.hash },
    })),
  };
  const first = { ...unsigned, signature: signed(signer, manifestBytes(unsigned)) };
  const pages = pagesOf();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await pages.next();
      if (next.done === true) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
    async cancel() {
      await pages.return();
    },
  });

  async function* pagesOf(): AsyncGenerator<string, void, undefined> {
    yield `${JSON.stringify(first)}\n`;
    for (const { base, head } of chains) {
      for (let at = base.sequence; at < head.sequence;) {
        const page = await kept.chain(head.writer, at, Math.min(PAGE, head.sequence - at));
        // Retention came in between, or somebody did: the reader finds the file too short.
        if (page.length === 0) break;
        yield page.map((entry) => `${JSON.stringify(entry)}\n`).join("");
        at = page.at(-1)!.sequence;
      }
    }
  }
}
