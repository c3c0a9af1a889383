/**
 * Node cannot fork, so whoever starts a server in the background starts the program again, in a session of its own, and
 * waits for its one word: ready, or the very error that a start in the foreground would have shown.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { type FileHandle, open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AtalayaError } from "@atalaya/protocol";
import { prepareDataFolder } from "../installation.ts";
import { openLogFile, runningServer } from "../platform/daemon/index.ts";
import { banner } from "./banner.ts";
import { giveData, type Ground } from "./ground.ts";
import { isWord, type Word } from "./words.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const MAX_TAIL_BYTES = 4_000;

/** Resolves with the status to end with: 0 when the server is ready, otherwise its own. */
export async function startInBackground(ground: Ground): Promise<number> {
  const { settings, data, account, pidFile, logFile } = ground;
  process.umask(0o077);
  const running = await runningServer(pidFile);
  if (running !== undefined)
    throw new AtalayaError("daemon.running", `A server (process ${running.pid}) runs already, says ${pidFile}.`, {
      next: "stop it first: atalaya server stop",
      details: { pid: running.pid },
    });
  // The log lies in the data folder, so that is made here, and found by the server.
  await giveData(ground);
  if (account === undefined) await prepareDataFolder(data);
  await using log = await openLogFile(logFile, account);
  const { size } = await log.stat();

  const child = spawn(process.execPath, [...process.execArgv, main, "--detached"], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd, "ipc"],
  });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, pass);
  try {
    const heard = new Promise<Word>((resolve) => child.on("message", (message) => isWord(message) && resolve(message)));
    const ended = once(child, "exit").then(([code, signal]) => ({ kind: "ended" as const, code, signal }));
    const word = await Promise.race([heard, ended]);
    if (word.kind === "ready") {
      const background = { pid: child.pid ?? 0, pidFile, logFile };
      const { url, signIn, notes } = word;
      process.stdout.write(banner({ url, data, localAgent: settings.localAgent, signIn, notes, background }));
      return 0;
    }
    const { code, signal } = await ended;
    if (word.kind === "failed") process.stderr.write(word.text);
    else
      process.stderr.write(
        `atalaya: the server ended before it was ready. ${logFile} says:\n${await tailOf(logFile, size)}`,
      );
    return statusOf(code, signal);
  } finally {
    for (const signal of signals) process.off(signal, pass);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function statusOf(code: number | null, signal: NodeJS.Signals | null): number {
  if (signal !== null) return 128 + constants.signals[signal];
  // It was never ready: that is no success, however it ended.
  return code === null || code === 0 ? 1 : code;
}

/** What this start wrote, not what earlier ones did. */
async function tailOf(path: string, from: number): Promise<string> {
  await using file: FileHandle = await open(path, "r");
  const { size } = await file.stat();
  const start = Math.max(from, size - MAX_TAIL_BYTES);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(1, size - start)), 0, size - start, start);
  return buffer.toString("utf8", 0, bytesRead);
}
