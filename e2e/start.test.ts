/** How `npm start` comes to its end: by the terminal's Ctrl-C, and by the word of whoever started npm. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { ownProcess } from "@atalaya/testkit";

const main = fileURLToPath(import.meta.resolve("@atalaya/server/main"));
const packageFile = fileURLToPath(new URL("../package.json", import.meta.url));

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-start-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("who ends npm ends the server, not only the shell that npm has in between", async () => {
  const folder = newFolder();
  copyFileSync(packageFile, join(folder, "package.json"));
  mkdirSync(join(folder, "tools"));
  writeFileSync(
    join(folder, "tools/start.mjs"),
    `process.on("SIGTERM", () => { console.log("told to end"); process.exit(0); });
     setInterval(() => undefined, 1000);
     console.log("is ready");`,
  );
  await using npm = ownProcess({ program: "npm", args: ["start"], cwd: folder });
  await npm.prints(/is ready/);
  await npm.end("SIGTERM");
  expect(npm.printed).toContain("told to end");
});

test("a Ctrl-C that npm passes on is one, and the server ends in order", async () => {
  const data = newFolder();
  const env = { ATALAYA_DATA: data, ATALAYA_LISTEN: "127.0.0.1:0", ATALAYA_LOCAL_AGENT: "off" };
  await using server = ownProcess({ program: process.execPath, args: [main], env });
  await server.prints(/is ready/, 30_000);
  process.kill(server.pid, "SIGINT");
  await server.prints(/Stopping/);
  expect(await server.end("SIGINT")).toEqual({ code: 0, signal: null });
  expect(server.printed).toContain("Stopped.");
});
