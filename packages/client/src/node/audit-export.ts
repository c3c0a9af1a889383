/** Checks an exported audit log without a server: what it says of itself, and with the fleet's CA who says it. */
import { createHash, verify, X509Certificate, type KeyObject } from "node:crypto";
import { AUDIT_SIGNER_CN, AuditManifest, checkExport, type AuditProblem } from "@atalaya/protocol/audit";

export interface AuditExportVerdict {
  readonly entries: number;
  /** The first thing that is not as it was written, with its line in the file. */
  readonly problem?: AuditProblem & { readonly line: number };
  /** False without a CA: then whoever made the file may have signed it with a key of their own. */
  readonly proven: boolean;
  /** When it was exported. Epoch milliseconds. */
  readonly at?: number;
  /** Whose chains it holds, and the hash each ends with. */
  readonly heads: readonly { readonly writer: string; readonly sequence: number; readonly hash: string }[];
}

/** `lines` without their newlines; `ca` is PEM. */
export async function verifyAuditExport(
  lines: AsyncIterable<string>,
  ca: string | undefined,
): Promise<AuditExportVerdict> {
  const proven = ca !== undefined;
  let check: ReturnType<typeof checkExport> | undefined;
  let manifest: AuditManifest | undefined;
  for await (const line of lines) {
    if (manifest === undefined) {
      manifest = readManifest(line);
      if (manifest === undefined) return { entries: 0, proven, heads: [], problem: noManifest };
      check = checkExport(manifest, { sha256, isSigned: signedBy(manifest, ca) });
    } else {
      check?.line(line);
    }
  }
  if (manifest === undefined || check === undefined) return { entries: 0, proven, heads: [], problem: noManifest };
  const heads = manifest.chains.map(({ writer, head }) => ({ writer, ...head }));
  return { ...check.end(), proven, at: manifest.at, heads };
}

const noManifest = {
  writer: "",
  sequence: 0,
  line: 1,
  kind: "unreadable" as const,
  message: "the first line is not that of an exported audit log",
};

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

function readManifest(line: string): AuditManifest | undefined {
  try {
    return AuditManifest.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function signedBy({ signers }: AuditManifest, caPem: string | undefined) {
  const ca = caPem === undefined ? undefined : new X509Certificate(caPem);
  const keys = new Map(Object.entries(signers).map(([id, pem]) => [id, keyOf(id, pem, ca)]));
  return (bytes: Uint8Array, signature: string, signer: string): boolean => {
    const key = keys.get(signer);
    return key !== undefined && verify(null, bytes, key, Buffer.from(signature, "base64url"));
  };
}

function keyOf(id: string, pem: string, ca: X509Certificate | undefined): KeyObject | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const { publicKey } = certificate;
    const pin = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url");
    const ours = ca === undefined || (certificate.checkIssued(ca) && certificate.verify(ca.publicKey));
    return ours && pin === id && certificate.subject === `CN=${AUDIT_SIGNER_CN}` ? publicKey : undefined;
  } catch {
    return undefined;
  }
}
