/**
 * The agent of the server's own machine: the same bundle that other machines get, as a process of its own. It is
 * enrolled by itself, restarted when it ends, and stopped before the server.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { agentStart, TERMINAL_LIBRARY } from "./domain/distribution/index.ts";
import { localActor } from "./domain/identity/index.ts";
import type { Log } from "./platform/log/index.ts";
import { lastWords } from "./local-agent-words.ts";
import { stopOrphan } from "./local-agent-orphan.ts";
import type { Plane } from "./plane.ts";

export interface LocalAgentNeeds {
  readonly plane: {
    readonly distribution: {
      readonly bundle: Pick<Plane["distribution"]["bundle"], "bytes">;
      terminalLibrary(arch: string): { readonly bytes: Uint8Array } | undefined;
    };
    readonly enrolment: Pick<Plane["enrolment"], "hold"> & {
      readonly joinTokens: Pick<Plane["enrolment"]["joinTokens"], "create">;
    };
  };
  readonly folder: string;
  /** `host:port` of this server. */
  readonly server: string;
  readonly log: Log;
  /** What the agent inherits: `PATH` and `HOME`; nothing of the server's own settings. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface LocalAgent extends AsyncDisposable {
  /** It joined just now, for the first time. */
  readonly joined: boolean;
}

/** What we need of the agent's own file. */
const Identity = z.object({ enrolment: z.string() });
const RESTART_MS = 2_000;
/** One that ends as soon as it starts is tried ever more rarely: nobody is helped by a process every two seconds. */
const RESTART_AT_MOST_MS = 60_000;
const STOP_WITHIN_MS = 10_000;

export async function startLocalAgent({
  plane,
  folder,
  server,
  log,
  environment,
}: LocalAgentNeeds): Promise<LocalAgent> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const program = join(folder, "agent.mjs");
  const data = join(folder, "data");
  if (await stopOrphan({ program, data }, STOP_WITHIN_MS))
    log.info("stopped the local agent that the last server left behind");
  await writeFile(program, plane.distribution.bundle.bytes);
  const library = join(folder, TERMINAL_LIBRARY);
  const bytes = plane.distribution.terminalLibrary(process.arch)?.bytes;
  // Never written over: an agent that is still there has it in its memory.
  await rm(library, { force: true });
  if (bytes !== undefined) await writeFile(library, bytes);
  const joined = (await enrolmentIn(data)) === undefined;
  if (joined) await enrol(plane, { program, data, server, environment });
  const enrolment = await enrolmentIn(data);
  if (enrolment !== undefined) await plane.enrolment.hold(enrolment);

  let child: ChildProcess;
  let stopping = false;
  let again: NodeJS.Timeout | undefined;
  let restartMs = RESTART_MS;
  function start(): void {
    const startedAt = performance.now();
    child = agent(program, ["run", "--data", data], { ...environment, ATALAYA_AGENT_SERVERS: server });
    const words = lastWords(child.stderr);
    const ended = (why: Readonly<Record<string, unknown>>): void => {
      const said = words.taken();
      if (stopping) return;
      restartMs = performance.now() - startedAt > RESTART_AT_MOST_MS ? RESTART_MS : restartMs;
      const againInMs = restartMs;
      void said.then((stderr) => log.warn({ ...why, againInMs, stderr }, "the local agent ended; starting it again"));
      again = setTimeout(start, restartMs);
      restartMs = Math.min(2 * restartMs, RESTART_AT_MOST_MS);
    };
    child.once("exit", (code, signal) => ended({ code, signal }));
    // Not even started: no memory, or the runtime was replaced meanwhile. Without a listener it would end the server.
    child.once("error", (err) => child.pid === undefined && ended({ err }));
  }
  start();

  return {
    joined,
    async [Symbol.asyncDispose]() {
      stopping = true;
      clearTimeout(again);
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      const patience = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
      await gone;
      clearTimeout(patience);
    },
  };
}

/** Undefined: it has not joined yet. */
async function enrolmentIn(data: string): Promise<string | undefined> {
  const text = await readFile(join(data, "identity.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Identity.parse(JSON.parse(text)).enrolment;
  } catch {
    // Damaged: it keeps its key when it joins again, and is the same.
    return undefined;
  }
}

async function enrol(
  plane: LocalAgentNeeds["plane"],
  {
    program,
    data,
    server,
    environment,
  }: { readonly program: string; readonly data: string } & Pick<LocalAgentNeeds, "server" | "environment">,
): Promise<void> {
  const { token } = await plane.enrolment.joinTokens.create(
    { uses: 1, expiresInMs: 120_000, note: "the server's own machine" },
    localActor,
  );
  const child = agent(program, ["join", "--data", data, "--server", server], {
    ...environment,
    ATALAYA_JOIN_TOKEN: token,
  });
  const words = lastWords(child.stderr);
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0)
    throw new AtalayaError("enrolment.rejected", `The local agent could not join: ${await words.taken()}`, {
      next: "Start without it: ATALAYA_LOCAL_AGENT=off",
    });
}

function agent(program: string, args: readonly string[], env: LocalAgentNeeds["environment"]): ChildProcess {
  // A session of its own: a Ctrl-C at the terminal reaches the server alone, which stops the agent in order.
  return spawn(process.execPath, [...agentStart.nodeFlags, program, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    env: { ...env, ...agentStart.environment },
  });
}
