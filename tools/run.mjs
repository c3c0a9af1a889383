// `node tools/run.mjs SCRIPT [ARGUMENTS]`: a script of ours on the Node of the lock file, installed first when missing.
// @ts-check
import { become, fail, install } from "./launch.mjs";

const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail("Usage: node tools/run.mjs SCRIPT [ARGUMENTS]");
await install();
become(/** @type {string} */ (script), args);
