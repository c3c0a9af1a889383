import { createHash } from "node:crypto";
import { open as openFile } from "node:fs/promises";
import { AtalayaError, LINK_PROTOCOL } from "@atalaya/protocol";
import { open, problemOf } from "./enrol/https.ts";
import type { Up } from "./link/link.ts";
import type { Environment } from "./link/proxy.ts";

export interface BlobWish {
  readonly sha256: string;
  /** The run that names the blob: knowing a digest is no permission. */
  readonly run: string;
  readonly into: string;
  readonly link: Up;
  readonly key: string;
  readonly environment: Environment;
}

/** Fetches a blob over the link's door, with the agent's certificate, beside the link. The file holds it whole or is not there to be used. */
export async function fetchBlob({ sha256, run, into, link, key, environment }: BlobWish): Promise<void> {
  const { address, enrolled } = link;
  const response = await open({
    method: "GET",
    path: `/blobs/${sha256}?run=${run}`,
    address,
    environment,
    ca: enrolled.ca,
    certificate: enrolled.certificate,
    key,
    protocols: [LINK_PROTOCOL],
  });
  const hash = createHash("sha256");
  const file = await openFile(into, "w", 0o600);
  try {
    const status = response.statusCode ?? 0;
    const failed = status < 200 || status > 299;
    let text = "";
    for await (const part of response as AsyncIterable<Buffer>) {
      if (failed) text = (text + part.toString("utf8")).slice(0, 65_536);
      else {
        hash.update(part);
        await file.write(part);
      }
    }
    if (failed) throw problemOf(status, text, `/blobs/${sha256}`);
  } finally {
    await file.close();
  }
  if (hash.digest("hex") !== sha256)
    throw new AtalayaError("blob.mismatch", `what the server sent is not the blob ${sha256}`);
}
