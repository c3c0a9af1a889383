#!/usr/bin/env node
// Runs the command line on the Node this project locks, whichever Node found this file.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const main = new URL("../src/main.ts", import.meta.url);
if (Number(process.versions.node.split(".")[0]) >= 26) {
  await import(main.href);
} else {
  const require = createRequire(import.meta.url);
  const node = require.resolve(`node-linux-${process.arch}/bin/node`);
  const { status, signal } = spawnSync(node, [fileURLToPath(main), ...process.argv.slice(2)], { stdio: "inherit" });
  process.exitCode = signal === null ? (status ?? 1) : 130;
}
