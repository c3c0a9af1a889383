import { z } from "zod";
import { checkChain, type AuditProblem, type ChainCheck, type ChainNeeds } from "./chain.ts";
import { Sha256Hex } from "./entry.ts";
import { manifestBytes } from "./signed.ts";

const End = z.strictObject({ sequence: z.int().min(0), hash: Sha256Hex });

/** The first line of an export. Signed, it says what must follow: so a file that was cut anywhere is found out. */
export const AuditManifest = z.strictObject({
  kind: z.literal("atalaya.audit"),
  version: z.literal(1),
  at: z.int(),
  server: z.string().max(256),
  /** Certificates (PEM) of all who signed, by id; the fleet's CA issued them. */
  signers: z.record(z.string().max(64), z.string().max(16_384)),
  /** The signer of this line. */
  signer: z.string().max(64),
  /** In the order of the file. */
  chains: z.array(z.strictObject({ writer: z.string().max(4096), base: End, head: End })).max(10_000),
  signature: z.string().max(128),
});
export type AuditManifest = z.output<typeof AuditManifest>;

export interface ExportVerdict {
  readonly entries: number;
  readonly problem?: AuditProblem & { readonly line: number };
}

export interface ExportCheck {
  /** The next line after the manifest, without its newline; undefined while all is well. */
  line(text: string): ExportVerdict["problem"];
  end(): ExportVerdict;
}

/** Checks the lines of an export behind its manifest. `isSigned` knows the manifest's signers. */
export function checkExport(manifest: AuditManifest, needs: ChainNeeds): ExportCheck {
  const { chains } = manifest;
  let line = 1;
  let entries = 0;
  let found: ExportVerdict["problem"];
  let at = -1;
  let check: ChainCheck | undefined;
  let left = 0;
  /** Whether the line that is not as it should be is no whole JSON at all. */
  let torn = false;

  const note = (problem: AuditProblem | undefined) => {
    if (problem !== undefined) found ??= { ...problem, line };
    return found;
  };

  /** Chains that are empty are over at once. */
  function next(): void {
    while (found === undefined && left === 0 && at < chains.length) {
      if (check !== undefined) note(check.end());
      at += 1;
      const chain = chains[at];
      if (chain === undefined) return void (check = undefined);
      const { writer, base, head } = chain;
      check = checkChain({ base: { writer, ...base }, head: { writer, ...head } }, needs);
      left = head.sequence - base.sequence;
    }
  }

  if (!needs.isSigned(manifestBytes(manifest), manifest.signature, manifest.signer)) {
    const message = "the first line is not what the server signed";
    note({ writer: manifest.server, sequence: 0, kind: "unsigned", message });
  }
  next();

  return {
    line(text) {
      line += 1;
      if (found === undefined) torn = readJson(text) === undefined;
      if (found !== undefined) return found;
      if (check === undefined) {
        const message = "a line follows the last entry that the first line names";
        return note({ writer: chains.at(-1)?.writer ?? "", sequence: 0, kind: "out-of-order", message });
      }
      if (note(check.add(readJson(text))) !== undefined) return found;
      entries += 1;
      left -= 1;
      next();
      return found;
    },
    end() {
      // Nothing came behind what could not be read: then it was not changed, but cut off.
      if (found?.kind === "unreadable" && torn && found.line === line) {
        const message = "the file ends in the middle of it: it was cut off while it was written or copied";
        return { entries, problem: { ...found, kind: "truncated", message } };
      }
      line += 1;
      if (check !== undefined) note(check.end());
      return found === undefined ? { entries } : { entries, problem: found };
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
