import { writeSync } from "node:fs";

type Fields = Readonly<Record<string, unknown>>;

/** JSON lines. Fields are named by the caller, one by one: no request, environment or secret is ever handed in whole. */
export interface Log {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

/** Writes to stderr at once, so that the last line before a crash is there too. */
export function stderrLog(now: () => number = Date.now): Log {
  const write =
    (level: string) =>
    (event: string, fields: Fields = {}) => {
      const line = `${JSON.stringify({ time: new Date(now()).toISOString(), level, event, ...fields })}\n`;
      try {
        writeSync(2, line);
      } catch {
        // Nobody reads the log any more (EPIPE) or it is full (EAGAIN): the agent's work matters more than the line.
      }
    };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };

/** The code and sentence of anything thrown, for a log line. */
export function failureOf(error: unknown): { readonly code?: string; readonly message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = (error as { readonly code?: unknown }).code;
  return { ...(typeof code === "string" ? { code } : {}), message: error.message };
}
