// `npm start`: the server, with an agent on this machine.
// @ts-check
import { become, install, runHere } from "./launch.mjs";

await install();
runHere("tools/console-build.mjs");
become("packages/server/src/main.ts", process.argv.slice(2), { ATALAYA_LOCAL_AGENT: "on" });
