#!/usr/bin/env node
/** The only reader of the process's arguments, environment and signals. */
import packageJson from "../package.json" with { type: "json" };
import { createProgram } from "./program.ts";
import { explain } from "./exit.ts";
import { createSession } from "./session.ts";
import { terminal } from "./ui/terminal.ts";

const screen = terminal({ stdout: process.stdout, stderr: process.stderr }, process.env);
const interrupted = new AbortController();
const session = createSession({
  terminal: screen,
  env: process.env,
  now: () => Date.now(),
  interrupted: interrupted.signal,
});
process.once("SIGTERM", () => interrupted.abort());

let status = 0;
try {
  await createProgram({ session, exit: (code) => (status = code) }, packageJson.version).parseAsync();
} catch (cause) {
  status = await explain(cause, screen);
} finally {
  session.close();
}
process.exitCode = status;
