#!/usr/bin/env node
// Runs the command line on the Node this project locks, whichever Node found this file.
// @ts-check
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const main = new URL("../src/main.ts", import.meta.url);

/** @returns {string | undefined} the locked Node's binary */
function lockedNode() {
  try {
    return createRequire(import.meta.url).resolve(`node-linux-${process.arch}/bin/node`);
  } catch {
    return undefined;
  }
}

if (Number(process.versions.node.split(".")[0]) >= 26) {
  await import(main.href);
} else {
  const node = lockedNode();
  if (node === undefined) {
    process.stderr.write(
      `atalaya needs Node 26 (this is ${process.version}), and the one it brings is not installed for linux-${process.arch}: npm install\n`,
    );
    process.exit(2);
  }
  const child = spawn(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  // The terminal tells both of us; the child decides what Ctrl-C means.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGQUIT"])) process.on(signal, () => undefined);
  for (const signal of /** @type {const} */ (["SIGTERM", "SIGHUP"])) process.on(signal, () => child.kill(signal));
  child.on("exit", (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal ?? "SIGKILL"];
  });
}
