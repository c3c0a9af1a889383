/** A program with the agent's command line, which writes down how it was called. */
import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

const [command, ...rest] = process.argv.slice(2);
const { values } = parseArgs({
  args: rest,
  options: { data: { type: "string" }, server: { type: "string" }, "ca-file": { type: "string" } },
});
const { ATALAYA_JOIN_TOKEN: token, ATALAYA_AGENT_DATA: dataVariable, HTTPS_PROXY: proxy } = process.env;
const data = values.data ?? ".";

async function isOnACommandLine(secret: string): Promise<boolean> {
  const processes = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return lines.some((line) => line.includes(secret));
}

const tokenIsSeen = token !== undefined && (await isOnACommandLine(token));
await appendFile(
  join(data, "calls"),
  `${JSON.stringify({ command, ...values, token, tokenIsSeen, dataVariable, proxy })}\n`,
);

if (command === "join") {
  if (token === "atj_wrong") process.exit(4);
  await writeFile(join(data, "identity.json"), "{}");
} else if (command === "run") {
  await writeFile(join(data, "running"), String(process.pid));
  await writeFile(join(data, "agent.pid"), `${process.pid} 0 boot\n`);
  process.on("SIGTERM", () => process.exit(0));
  setInterval(() => undefined, 1_000);
}
