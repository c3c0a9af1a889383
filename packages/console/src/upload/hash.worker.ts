/** The digest of a file, away from the page: hashing 1 GB takes seconds in which nothing else may stop. */
import { createSha256 } from "@atalaya/client/browser";

export interface HashRequest {
  readonly file: File;
}
export type HashAnswer =
  | { readonly kind: "progress"; readonly hashed: number }
  | { readonly kind: "done"; readonly sha256: string }
  | { readonly kind: "failed"; readonly message: string };

const PART_BYTES = 4 * 1024 * 1024;

addEventListener("message", ({ data }: MessageEvent<HashRequest>) => {
  hash(data.file).catch((error: unknown) => say({ kind: "failed", message: String(error) }));
});

async function hash(file: File): Promise<void> {
  const sha256 = createSha256();
  for (let at = 0; at < file.size; at += PART_BYTES) {
    sha256.update(new Uint8Array(await file.slice(at, at + PART_BYTES).arrayBuffer()));
    say({ kind: "progress", hashed: Math.min(file.size, at + PART_BYTES) });
  }
  say({ kind: "done", sha256: sha256.hex() });
}

function say(answer: HashAnswer): void {
  postMessage(answer);
}
