import { randomBytes } from "node:crypto";

/** A caller's own id when it is safe in a log line, else a random one. */
export function requestIdOf(given: string | undefined): string {
  if (given !== undefined && /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/.test(given)) return given;
  return `req_${randomBytes(12).toString("base64url")}`;
}
