/** A server's life in this process: addresses, PID file, privileges, plane, local agent, and back in order. */
import { access, constants, writeFile } from "node:fs/promises";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { AtalayaError, failures } from "@atalaya/protocol";
import { createBuiltinCore, createListeners } from "../cores/builtin/index.ts";
import { prepareDataFolder } from "../installation.ts";
import { type LocalAgent, startLocalAgent } from "../local-agent.ts";
import { createPlane, type Plane } from "../plane.ts";
import { systemClock } from "../platform/clock.ts";
import { becomeAccount, claimPidFile } from "../platform/daemon/index.ts";
import { createLog, type Log, logDestination } from "../platform/log/index.ts";
import { VERSION } from "../version.ts";
import { banner, type SignInHint } from "./banner.ts";
import { giveData, type Ground } from "./ground.ts";
import { openPamDoor } from "./pam-door.ts";
import { onSignals } from "./signals.ts";
import { tell } from "./words.ts";

/** Resolves when it has been told to stop and has ended; rejects, having let go of everything, when it cannot run. */
export async function serve(
  ground: Ground,
  { detached, environment }: { readonly detached: boolean; readonly environment: NodeJS.ProcessEnv },
): Promise<void> {
  const { settings, data, account } = ground;
  process.umask(0o077);
  // A folder that a daemon stands in cannot be unmounted.
  if (detached) process.chdir("/");
  const log = createLog({ level: settings.logLevel, destination: logDestination(process.stderr, settings.logFormat) });
  await using owned = new AsyncDisposableStack();
  const door = await openPamDoor(settings, { clock: systemClock, log });
  const { pam } = door;
  if (!("unavailable" in pam)) owned.use(pam);
  // Bound like the core's own addresses, while that may still take root.
  const boltArrivals =
    settings.boltListen.length === 0 ? undefined : createListeners(settings.boltListen, "ATALAYA_BOLT_LISTEN");
  if (boltArrivals !== undefined) owned.defer(() => boltArrivals.close());
  let plane: Plane | undefined;
  let agent: LocalAgent | undefined;
  const core = createBuiltinCore({
    listen: settings.listen,
    async open(addresses) {
      await prepareDataFolder(data);
      plane = owned.use(
        await createPlane({ settings, told: { ...ground.told, core: core.name }, addresses, log, pam, boltArrivals }),
      );
      plane.store.onTaken((failure) => endAtOnce(failure, log));
      // Before anybody is answered: who comes back after a restart must find the token that holds from now on.
      await plane.issueLocalToken();
      return { plane, pki: plane.pki, metrics: plane.metrics };
    },
    log,
    clock: systemClock,
    limits: {
      handshakesPerSecond: settings.linkHandshakesPerSecond,
      handshakesUnderWay: settings.linkHandshakesUnderWay,
      publicPerAddress: settings.visitorsPerAddress,
      drainMs: settings.drainSeconds * 1000,
    },
  });
  const signals = owned.use(onSignals({ detached, reload: () => plane?.pki.reload() }));

  /** What was started last ends first, and only once. */
  async function stop(): Promise<void> {
    await agent?.[Symbol.asyncDispose]();
    await core.shutdown();
  }
  async function ready(running: Plane): Promise<void> {
    const [first] = core.addresses;
    const at = `${reachedAt(first?.host ?? "127.0.0.1")}:${first?.port ?? 0}`;
    const url = `https://${at}`;
    await writeFile(join(data, "ca.pem"), running.pki.caPem);
    await writeFile(join(data, "server.json"), `${JSON.stringify({ url, pid: process.pid, version: VERSION })}\n`);
    if (settings.localAgent) {
      const { PATH, HOME } = environment;
      agent = await startLocalAgent({
        plane: running,
        folder: join(data, "agent"),
        server: at,
        log,
        environment: { PATH, HOME },
      });
    }
    // Kept now, for a server that is killed keeps nothing. Nothing is done where nobody asked for it (NODE_COMPILE_CACHE).
    flushCompileCache();
    const notes = [...(settings.localAgent ? agentNotes(ground, log) : []), ...door.notes];
    const signIn: SignInHint =
      "unavailable" in pam ? { kind: "link", url: `${url}${await running.signInPath()}` } : { kind: "accounts" };
    if (detached) {
      log.info({ url, pid: process.pid, user: account?.name, notes }, "ready, in the background");
      await tell({ kind: "ready", url, signIn, notes });
    } else process.stdout.write(banner({ url, data, localAgent: settings.localAgent, signIn, notes }));
    void signals.stop.then(async (signal) => {
      if (detached) log.info({ signal }, "stopping");
      else process.stdout.write("\nStopping: the agents are told, what is under way is committed …\n");
      await stop();
    });
  }

  try {
    await core.daemonize({
      async detach() {
        await boltArrivals?.bind();
        if (await giveData(ground)) log.info({ data, user: account?.name }, "handed the data folder over");
        if (!detached && settings.pidFile === undefined) return;
        const pidFile = await claimPidFile(ground.pidFile, account);
        owned.defer(() => pidFile.remove());
        process.once("exit", () => pidFile.remove());
      },
      async dropPrivileges() {
        if (account === undefined) return;
        // The last moment: what asks PAM stays root.
        if (!("unavailable" in pam)) pam.start();
        becomeAccount(account, environment);
        await mayReadProgram(account.name);
        log.info({ user: account.name, uid: account.uid }, "gave up being root");
      },
      ready: () => ready(plane!),
    });
  } finally {
    await stop();
  }
  await owned.disposeAsync();
  if (detached) log.info("stopped");
  else process.stdout.write("Stopped.\n");
}

/** What is in memory can be committed no more: whatever was acknowledged is in the store, and agents tell the rest anew. */
function endAtOnce(failure: AtalayaError, log: Log): never {
  log.fatal({ code: failure.code }, failure.message);
  process.exit(failures[failure.code].exit);
}

/** A clone below /root is a common way to find out too late: all later failures would name some file of ours. */
async function mayReadProgram(user: string): Promise<void> {
  const program = join(import.meta.dirname, "../../package.json");
  await access(program, constants.R_OK).catch((cause: unknown) => {
    throw new AtalayaError(
      "data.unwritable",
      `${user} (ATALAYA_USER) may not read the server's own program, ${program}.`,
      {
        cause,
        next: "keep it where that account may read it, as in /opt",
      },
    );
  });
}

/** An agent that is not root does less than people expect of one: it is said at every start. */
function agentNotes({ account }: Ground, log: Log): readonly string[] {
  if (account === undefined || account.uid === 0) return [];
  log.warn(
    { user: account.name },
    "the local agent runs as the server's account, not as root: its commands run as that account alone, and can read the server's data",
  );
  return [
    `the agent here runs as ${account.name}, not root, and its commands too; ATALAYA_LOCAL_AGENT=off leaves it out`,
  ];
}

function reachedAt(host: string): string {
  // What listens everywhere is reached here by loopback.
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
