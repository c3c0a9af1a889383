import { AtalayaError } from "@atalaya/protocol";
import { nulInText } from "../differences.ts";

// serialization_failure and deadlock_detected: the same change may succeed now.
const REPEATABLE = new Set(["40001", "40P01"]);

export function worthAnotherTry(error: unknown): boolean {
  return REPEATABLE.has(codeOf(error));
}

/** Class 08 (connection), 53 (resources), 57P (the server goes or comes), 25006 (a read-only standby). */
const ENVIRONMENT = /^(08|53|57P|25006|28|3D000|ECONN|ENOENT|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENOTFOUND|EAI_)/;

/** What PostgreSQL or the way to it refused; what the statement itself did wrong stays as it came. */
export function postgresFailure(error: unknown): unknown {
  if (error instanceof AtalayaError) return error;
  if (codeOf(error) === "22021") return nulInText(error);
  const lost = error instanceof Error && LOST.test(error.message);
  if (!lost && !ENVIRONMENT.test(codeOf(error))) return error;
  return new AtalayaError("store.unavailable", `PostgreSQL does not answer: ${(error as Error).message}`, {
    cause: error,
  });
}

// pg gives these no code.
const LOST =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}
