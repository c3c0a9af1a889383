#!/usr/bin/env node
/** The only reader of the process's arguments, environment and signals. */
import packageJson from "../package.json" with { type: "json" };
import { explain } from "./exit.ts";
import { createProgram } from "./program.ts";
import { createSession } from "./session.ts";
import { terminal } from "./ui/terminal.ts";

const TERMINATED = 143;
/** What is under way may take leave in this time: remove its files, clear its line. */
const LEAVE_WITHIN_MS = 1_000;

const screen = terminal(process, process.env);
const interrupted = new AbortController();
const session = createSession({
  terminal: screen,
  env: process.env,
  now: () => Date.now(),
  interrupted: interrupted.signal,
});
process.once("SIGTERM", () => {
  interrupted.abort();
  setTimeout(() => process.exit(TERMINATED), LEAVE_WITHIN_MS).unref();
});

let status = 0;
try {
  await createProgram({ session, exit: (code) => (status = code) }, packageJson.version).parseAsync();
} catch (cause) {
  status = interrupted.signal.aborted ? TERMINATED : await explain(cause, screen);
} finally {
  session.close();
}
process.exitCode = status;
