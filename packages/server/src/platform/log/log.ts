import pino, { type DestinationStream, type Logger } from "pino";
import { censorText, redactedPaths } from "./redaction.ts";

/** What every room writes to. Children carry `request` and `run` ids; fields named like secrets never leave. */
export type Log = Logger;

/** From the quietest to the one that tells everything. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON object a line into `destination`, so that programs and people's filters read the same. */
export function createLog(needs: { readonly level: LogLevel; readonly destination: DestinationStream }): Log {
  return pino(
    {
      level: needs.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.errWithCause, error: pino.stdSerializers.errWithCause },
      redact: { paths: [...redactedPaths], censor: "[redacted]" },
      hooks: { streamWrite: censorText },
    },
    needs.destination,
  );
}

/** For tests and tools that have nobody to tell. */
export const silentLog: Log = pino({ level: "silent" });
