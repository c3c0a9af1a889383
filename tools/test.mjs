// `npm test`: installs what the tests need, then checks and tests everything. Works in a fresh clone.
// @ts-check
import { installDebianPackages } from "./debian-packages.mjs";
import { become, install, runHere } from "./launch.mjs";

await install();
installDebianPackages();
runHere("tools/console-build.mjs");
become("tools/run-tests.ts", process.argv.slice(2));
