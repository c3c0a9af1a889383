// A program with the agent's command line, which writes down how it was called.
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

const [command, ...rest] = process.argv.slice(2);
const { values } = parseArgs({
  args: rest,
  options: { data: { type: "string" }, server: { type: "string" }, "ca-file": { type: "string" } },
});
const {
  ATALAYA_JOIN_TOKEN: token,

  ATALAYA_AGENT_DATA: dataVariable,
  HTTPS_PROXY: proxy,
} = process.env;
const commandLines = readdirSync("/proc")
  .filter((name) => /^\d+$/.test(name))
  .map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8");
    } catch {
      return "";
    }
  });
const tokenIsSeen = token !== undefined && commandLines.some((line) => line.includes(token));
appendFileSync(
  join(values.data ?? ".", "calls"),
  `${JSON.stringify({ command, ...values, token, tokenIsSeen, dataVariable, proxy })}\n`,
);

if (command === "join") {
  if (token === "atj_wrong") process.exit(4);
  writeFileSync(join(values.data ?? ".", "identity.json"), "{}");
} else if (command === "run") {
  writeFileSync(join(values.data ?? ".", "running"), String(process.pid));
  process.on("SIGTERM", () => process.exit(0));
  setInterval(() => undefined, 1_000);
}
