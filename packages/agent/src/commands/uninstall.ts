/** `uninstall`: this machine as if the agent had never been here. */
import { access, readdir, rm, rmdir } from "node:fs/promises";
import { join, normalize } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { openCgroups } from "../capabilities/exec/cgroups.ts";
import { isWrapper } from "../capabilities/exec/processes.ts";
import { killPump } from "../capabilities/exec/pump.ts";
import { endInstances } from "../instances/end.ts";
import { bootClock } from "../platform/boot-clock.ts";
import { codeOf, readIfThere, readJsonIfThere } from "../platform/durable-file.ts";
import { pause } from "../platform/pause.ts";
import { crewOf } from "../runs/crew.ts";
import { isRunId, runFiles } from "../spool/layout.ts";
import { AcceptedRun, readClaim, readStarted } from "../spool/records.ts";
import { agentOf } from "./lock.ts";

const UNIT = "atalaya-agent.service";
const INSTALL = "opt/atalaya/agent";
/** What an installation without a manifest has. */
const KNOWN = [
  INSTALL,
  `etc/systemd/system/${UNIT}`,
  "usr/local/bin/atalaya-agent",
  "etc/atalaya/policy.toml",
  "etc/atalaya/agent.env",
] as const;
/** Removed when nothing is left in them. */
const SHARED_FOLDERS = ["opt/atalaya", "etc/atalaya"] as const;

export interface Uninstall {
  readonly data: string;
  readonly root: string;
  readonly yes: boolean;
}

/** Returns what was removed. */
export async function uninstall({ data, root, yes }: Uninstall): Promise<readonly string[]> {
  const paths = [...new Set([...(await readManifest(root)), ...KNOWN.map((path) => join(root, path)), data])];
  const there = await keep(paths, exists);
  if (there.length === 0 && agentOf(data) === undefined) return [];
  if (!yes) await confirm(there);
  await stopService(root);
  await stopAgent(data);
  await endCommands(data);
  await endInstances(data, bootClock().bootId);
  for (const path of there) await remove(path);
  for (const folder of SHARED_FOLDERS) await rmdir(join(root, folder)).catch(() => undefined);
  if (root === "/") await systemctl(["daemon-reload"]);
  return there;
}

/** One absolute path a line; `#` begins a comment. Whatever it says, nothing near the root is ever removed. */
export function parseManifest(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("/") && normalize(line).split("/").filter(Boolean).length >= 2)
    .map((line) => normalize(line).replace(/\/$/, ""));
}

async function readManifest(root: string): Promise<readonly string[]> {
  const text = await readIfThere(join(root, INSTALL, "manifest"));
  return text === undefined ? [] : parseManifest(text).map((path) => join(root, path));
}

async function confirm(paths: readonly string[]): Promise<void> {
  if (!process.stdin.isTTY)
    throw new AtalayaError("settings.wrong", "uninstall asks before it removes anything", {
      next: "add --yes where nobody can answer",
    });
  // Not at the top: the bundle would load it into every agent.
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(
    `This stops the agent, ends its commands and removes\n  ${paths.join("\n  ")}\nGo on? [y/N] `,
  );
  terminal.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new AtalayaError("settings.wrong", "nothing was removed");
}

async function stopService(root: string): Promise<void> {
  if (root === "/" && (await exists(`/etc/systemd/system/${UNIT}`))) await systemctl(["disable", "--now", UNIT]);
}

async function stopAgent(data: string): Promise<void> {
  const pid = agentOf(data);
  if (pid === undefined) return;
  process.kill(pid, "SIGTERM");
  for (let round = 0; round < 100 && agentOf(data) !== undefined; round += 1) await pause(50);
  if (agentOf(data) === pid) process.kill(pid, "SIGKILL");
}

/** Commands that would write into folders that are gone. */
async function endCommands(data: string): Promise<void> {
  const spool = join(data, "spool");
  const { bootId } = bootClock();
  const groups = await openCgroups(data);
  for (const run of (await readdir(spool).catch(() => [])).filter(isRunId)) {
    const files = runFiles(spool, run);
    const claim = readClaim((await readIfThere(files.claim)) ?? "");
    const started = readStarted((await readIfThere(files.pid)) ?? "");
    if (claim.by === "wrapper" && started !== undefined && isWrapper(claim.pid, files.folder))
      await crewOf(run, groups?.of(run)).signal(started.pid, "SIGKILL", true);
    const accepted = await readJsonIfThere(files.request, AcceptedRun);
    // One that stands still would do so for ever.
    if (accepted?.bootId === bootId) await killPump(files);
  }
  await groups?.dissolve();
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (cause) {
    throw new AtalayaError("data.unwritable", `${path} cannot be removed (${codeOf(cause)})`, {
      cause,
      next: "run as root",
    });
  }
}

// The node that runs this may lie in what is removed: that is fine on Linux, the program stays until it ends.
async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function keep<T>(items: readonly T[], test: (item: T) => Promise<boolean>): Promise<readonly T[]> {
  const flags = await Promise.all(items.map(test));
  return items.filter((_, index) => flags[index]);
}

async function systemctl(args: readonly string[]): Promise<void> {
  const { execFile } = await import("node:child_process");
  return new Promise((resolve) => {
    execFile("systemctl", [...args], { timeout: 60_000 }, () => resolve());
  });
}
