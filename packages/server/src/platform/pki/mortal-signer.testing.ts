/** The signing thread, which dies when it reads the word "die". */
import { parentPort } from "node:worker_threads";
import type { Question } from "./signer.ts";

parentPort?.on("message", ({ ask }: Question) => {
  if (ask.kind === "read-csr" && ask.csrPem === "die") process.exit(1);
});
await import("./signer.worker.ts");
