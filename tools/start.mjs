// `npm start`: the server, with an agent on this machine.
// @ts-check
import { join } from "node:path";
import { serverStart } from "../packages/server/src/server-start.mjs";
import { become, install, root, runHere } from "./launch.mjs";

await install();
runHere("tools/console-build.mjs");
const variables = {
  ATALAYA_LOCAL_AGENT: "on",
  // Stripping types takes 20 MB in the server and 10 MB in each of its threads, and a second of its start: from the
  // second start on it is done already. Beside the packages: who may write there may change the program anyway.
  NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "atalaya"),
};
become("packages/server/src/main.ts", process.argv.slice(2), { variables, ...serverStart });
