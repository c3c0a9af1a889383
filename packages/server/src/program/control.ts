/** `status` and `stop`: for a server in the background, found by its PID file. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { AtalayaError, failures } from "@atalaya/protocol";
import { z } from "zod";
import { lockFolder } from "../platform/store/index.ts";
import { hasEnded, runningServer } from "../platform/daemon/index.ts";
import type { Ground } from "./ground.ts";

const ServerFile = z.object({ pid: z.int(), url: z.string() });
const LOOK_EVERY_MS = 100;
/** Beside the drain: the store's last commit, the local agent's end. */
const GRACE_MS = 30_000;

/** Answers with the status to end with: 0 when it runs, 3 when not. */
export async function status({ pidFile, data }: Ground): Promise<number> {
  const running = await runningServer(pidFile);
  if (running === undefined) {
    const foreground = await inForeground(data);
    if (foreground !== undefined) {
      process.stdout.write(`The server runs in the foreground, ${foreground}.\n`);
      return 0;
    }
    process.stdout.write(`No server runs here (PID file ${pidFile}).\n`);
    return failures["daemon.not-running"].exit;
  }
  const url = await urlOf(data, running.pid);
  process.stdout.write(
    `The server runs as process ${running.pid}${url === undefined ? "" : ` at ${url}`} (PID file ${pidFile}).\n`,
  );
  return 0;
}

/**
 * Resolves when it has ended; one that does not run is stopped already. Throws `daemon.did-not-end`,
 * `daemon.not-running` for one in the foreground, `privileges.missing`.
 */
export async function stop({ pidFile, settings, data }: Ground): Promise<void> {
  const running = await runningServer(pidFile);
  const foreground = running === undefined ? await inForeground(data) : undefined;
  if (foreground !== undefined)
    throw new AtalayaError("daemon.not-running", `The server runs in the foreground, ${foreground}.`, {
      next: "end it where it was started, with Ctrl-C",
    });
  if (running === undefined) return void process.stdout.write(`No server runs here (PID file ${pidFile}).\n`);
  const { pid, trusted } = running;
  if (!trusted)
    throw new AtalayaError(
      "privileges.missing",
      `${pidFile} was written by another account than process ${pid} runs as: it is not believed.`,
    );
  try {
    process.kill(pid, "SIGTERM");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EPERM") throw cause;
    throw new AtalayaError("privileges.missing", `Process ${pid} is another account's: this one may not stop it.`, {
      cause,
    });
  }
  const began = Date.now();
  const patience = settings.drainSeconds * 1000 + GRACE_MS;
  const show = progress(`Stopping the server (process ${pid}): the agents are told, what is under way is committed`);
  while (!(await hasEnded(running))) {
    const seconds = Math.round((Date.now() - began) / 1000);
    if (Date.now() - began > patience) {
      show.end(`still there after ${seconds} s`);
      throw new AtalayaError("daemon.did-not-end", `Process ${pid} has not ended within ${seconds} s.`, {
        next: `its log says why; \`kill -9 ${pid}\` ends it, and nothing that was committed is lost`,
        details: { pid },
      });
    }
    show.tick(seconds);
    await wait(LOOK_EVERY_MS);
  }
  show.end("done");
}

function progress(text: string) {
  const { stdout } = process;
  stdout.write(`${text} … `);
  return {
    tick: (seconds: number) => void (stdout.isTTY && stdout.write(`\r${text} … ${seconds} s `)),
    end: (outcome: string) => void stdout.write(stdout.isTTY ? `\r\u001b[K${text} … ${outcome}\n` : `${outcome}\n`),
  };
}

/** Who works in this folder without a PID file, in words; undefined: nobody. The folder's lock says it, the file who it is. */
async function inForeground(data: string): Promise<string | undefined> {
  const store = join(data, "store");
  if (!existsSync(join(store, "store.lock"))) return undefined;
  try {
    lockFolder(store)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    if (!(error instanceof AtalayaError && error.code === "data.in-use")) return undefined;
  }
  const { pid, url } = await toldIn(data);
  return pid === undefined ? `on ${data}` : `as process ${pid}${url === undefined ? "" : ` at ${url}`}`;
}

/** Where that very process can be reached; the file of an earlier one tells nothing. */
async function urlOf(data: string, pid: number): Promise<string | undefined> {
  const told = await toldIn(data);
  return told.pid === pid ? told.url : undefined;
}

async function toldIn(data: string): Promise<{ readonly pid?: number; readonly url?: string }> {
  try {
    const told = ServerFile.safeParse(JSON.parse(await readFile(join(data, "server.json"), "utf8")));
    return told.success ? told.data : {};
  } catch {
    return {};
  }
}
