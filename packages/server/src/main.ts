/** The server's program: the only reader of files, flags and environment. Its parts are in `program/`. */
import { AtalayaError, failures } from "@atalaya/protocol";
import { type Order, parseArguments, usage } from "./program/arguments.ts";
import { startInBackground } from "./program/background.ts";
import { status, stop } from "./program/control.ts";
import { failureText } from "./program/failure-text.ts";
import { readGround } from "./program/ground.ts";
import { serve } from "./program/serve.ts";
import { tell } from "./program/words.ts";

/** Answers with the status to end with. */
async function obey(order: Order): Promise<number> {
  if (order.kind === "help") {
    process.stdout.write(usage);
    return 0;
  }
  const ground = await readGround(process.env);
  switch (order.kind) {
    case "status":
      return status(ground);
    case "stop":
      await stop(ground);
      return 0;
    case "run":
      break;
  }
  const detached = order.mode === "detached";
  if (order.mode === "background" || (ground.settings.daemon && !detached)) return startInBackground(ground);
  await serve(ground, { detached, environment: process.env });
  return 0;
}

try {
  process.exitCode = await obey(parseArguments(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof AtalayaError)) throw error;
  const { exit } = failures[error.code];
  const text = failureText(error);
  process.stderr.write(text);
  process.exitCode = exit;
  await tell({ kind: "failed", text, exit });
}
