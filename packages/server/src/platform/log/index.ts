/** The log: structured lines, without secrets. */
export { createLog, logLevels, silentLog, type Log, type LogLevel } from "./log.ts";
export { logDestination, type LogFormat, logFormats } from "./destination.ts";
