#!/usr/bin/env node
// Runs the command line on the Node this project locks, whichever Node found this file.
// @ts-check
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

if (Number(process.versions.node.split(".")[0]) >= 26) {
  keepCompiled();
  await import(new URL("../src/main.ts", import.meta.url).href);
} else {
  handOver();
}

/**
 * The second start takes 0.08 s instead of 0.21 s. Kept beside the code, where only those write who could change the
 * code as well: in /tmp anybody could put something there for us to run.
 */
function keepCompiled() {
  const modules = fileURLToPath(new URL("../../../node_modules", import.meta.url));
  if (statSync(modules, { throwIfNoEntry: false })?.uid === process.getuid?.())
    module.enableCompileCache(`${modules}/.cache/atalaya`);
}

function handOver() {
  const node = lockedNode();
  if (node === undefined) {
    process.stderr.write(
      `atalaya needs Node 26 (this is ${process.version}), and the one it brings is not installed for linux-${process.arch}: npm install\n`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // The terminal tells both of us; the child decides what Ctrl-C means.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGQUIT"])) process.on(signal, () => undefined);
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("exit", (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal ?? "SIGKILL"];
  });
}

/** @returns {string | undefined} the locked Node's binary */
function lockedNode() {
  try {
    return module.createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}
