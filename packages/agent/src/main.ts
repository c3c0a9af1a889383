#!/usr/bin/env node
/** The agent's program: the only reader of arguments and environment. */
import { AtalayaError, failures } from "@atalaya/protocol";
import { config } from "zod";
import { PUMP_COMMAND } from "./capabilities/exec/pump-program.ts";
import { WORKER } from "./capabilities/deploy/word.ts";
import { closeInherited } from "./platform/inherited.ts";
import { failureOf, stderrLog } from "./platform/log.ts";
import { parseSettings } from "./settings.ts";
import { TASK_WORKER } from "./tasks/task.ts";
import { VERSION } from "./version.ts";

async function main(): Promise<void> {
  // Not for people: what copies a command's output where pump.c does not run.
  if (process.argv[2] === PUMP_COMMAND)
    return (await import("./capabilities/exec/slow-pump.ts")).pumpSlowly(Number(process.argv[3]));
  closeInherited();
  // Frames are few: compiling each schema would cost more memory than it saves time.
  config({ jitless: true });
  // Not for people: what a deployment starts as the account it is for, with descriptors in its hand.
  if (process.argv[2] === WORKER) {
    process.exitCode = await (await import("./capabilities/deploy/worker/worker.ts")).work({ ...process.env });
    return;
  }
  // Not for people: what does the agent's own tasks.
  if (process.argv[2] === TASK_WORKER) {
    process.exitCode = await (await import("./tasks/worker.ts")).work(process.argv[3] ?? "", { ...process.env });
    return;
  }
  const environment = { ...process.env };
  // Commands never see it: their environment is made anew; but neither should a core dump's reader.
  delete process.env["ATALAYA_JOIN_TOKEN"];
  const settings = parseSettings(process.argv.slice(2), environment);
  const log = stderrLog();
  switch (settings.command) {
    case "help":
      process.stdout.write(
        (await import("./help.ts")).helpOf(settings.topic, environment["ATALAYA_CALLED_BY_CLI"] !== undefined),
      );
      return;
    case "version":
      process.stdout.write(`${VERSION}\n`);
      return;
    case "run":
      return (await import("./commands/run.ts")).run(settings, environment, log);
    case "join": {
      const { host, servers } = await (
        await import("./commands/join.ts")
      ).join(settings, environment, {
        ...log,
        // What went well is told in words.
        info: () => undefined,
      });
      process.stdout.write(`This machine is ${host.name} (${host.id}) at ${servers.join(", ")}.\n`);
      return;
    }
    case "status": {
      const { showStatus, status } = await import("./commands/status.ts");
      const found = await status(settings.data);
      process.stdout.write(settings.json ? `${JSON.stringify(found)}\n` : showStatus(found));
      process.exitCode = found.running && found.link?.state === "connected" ? 0 : 1;
      return;
    }
    case "uninstall": {
      const removed = await (await import("./commands/uninstall.ts")).uninstall(settings);
      process.stdout.write(
        removed.length === 0
          ? "There is no agent here.\n"
          : `Removed:\n${removed.map((path) => `  ${path}\n`).join("")}`,
      );
      return;
    }
  }
}

try {
  await main();
} catch (error) {
  const { message } = failureOf(error);
  if (error instanceof AtalayaError) {
    process.stderr.write(
      `atalaya-agent: ${message} (${error.code})\n${error.next === undefined ? "" : `  ${error.next}\n`}`,
    );
    process.exitCode = failures[error.code].exit;
  } else {
    process.stderr.write(`atalaya-agent: ${message}\n${error instanceof Error ? `${error.stack}\n` : ""}`);
    process.exitCode = 1;
  }
}
