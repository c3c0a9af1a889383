import type { AtalayaError } from "@atalaya/protocol";

/** A failure as a person at a terminal reads it: what, what now, and the code. */
export function failureText({ message, next, code }: AtalayaError): string {
  return `atalaya: ${message}${message.endsWith("\n") ? "" : "\n"}${next === undefined ? "" : `  ${next}\n`}  (${code})\n`;
}
