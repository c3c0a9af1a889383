/** The server's program: the only reader of files, flags and environment; picks a core and runs the plane on it. */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { AtalayaError, failures } from "@atalaya/protocol";
import { createBuiltinCore } from "./cores/builtin/index.ts";
import { prepareDataFolder } from "./installation.ts";
import { startLocalAgent } from "./local-agent.ts";
import { createPlane, type Plane } from "./plane.ts";
import { systemClock } from "./platform/clock.ts";
import { createLog, logDestination } from "./platform/log/index.ts";
import { dataFolder, parseSettings, type Settings } from "./settings/index.ts";
import { VERSION } from "./version.ts";

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const data = resolve(settings.data);
  await prepareDataFolder(data);
  const log = createLog({ level: settings.logLevel, destination: logDestination(process.stderr, settings.logFormat) });
  await using stack = new AsyncDisposableStack();
  let opened: Plane | undefined;
  const core = createBuiltinCore({
    listen: settings.listen,
    open: async (addresses) => {
      opened = stack.use(await createPlane({ settings: { ...settings, data }, addresses, log }));
      return { plane: opened, pki: opened.pki, metrics: opened.metrics };
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

  const stop = Promise.withResolvers<NodeJS.Signals>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.resolve(signal));
  await core.run();
  const plane = opened!;
  const [first] = core.addresses;
  const at = `${addressOf(first?.host ?? "127.0.0.1")}:${first?.port ?? 0}`;
  const url = `https://${at}`;
  await plane.issueLocalToken();
  await writeFile(join(data, "ca.pem"), plane.pki.caPem);
  await writeFile(join(data, "server.json"), `${JSON.stringify({ url, pid: process.pid, version: VERSION })}\n`);

  let agent: Awaited<ReturnType<typeof startLocalAgent>> | undefined;
  try {
    if (settings.localAgent)
      agent = await startLocalAgent({
        plane,
        folder: join(data, "agent"),
        server: at,
        log,
        environment: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
      });
    process.stdout.write(banner({ url, data, localAgent: settings.localAgent }));
    const ended = core.block().then(() => undefined);
    const signal = await Promise.race([stop.promise, ended]);
    if (signal !== undefined) {
      process.stdout.write("\nStopping: the agents are told, what is under way is committed …\n");
      // Whoever insists need not wait.
      for (const again of ["SIGINT", "SIGTERM"] as const) process.once(again, () => process.exit(130));
    }
  } finally {
    await agent?.[Symbol.asyncDispose]();
    await core.shutdown();
  }
  await stack.disposeAsync();
  process.stdout.write("Stopped.\n");
}

function readSettings(env: NodeJS.ProcessEnv): Settings {
  const path = join(dataFolder(env), "atalaya.toml");
  let text: string | undefined;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (!["ENOENT", "ENOTDIR"].includes((cause as NodeJS.ErrnoException).code ?? ""))
      throw new AtalayaError("settings.wrong", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  return parseSettings({ env, ...(text === undefined ? {} : { file: { path, text } }) });
}

function addressOf(host: string): string {
  // What listens everywhere is reached here by loopback.
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function banner({
  url,
  data,
  localAgent,
}: {
  readonly url: string;
  readonly data: string;
  readonly localAgent: boolean;
}): string {
  const folder = relative(process.cwd(), data);
  const shown = folder === "" || folder.startsWith("..") ? data : `./${folder}`;
  return `
Atalaya ${VERSION} is ready at ${url}
  data      ${shown}
  API       ${url}/api/v1/openapi.json

Next, in another terminal:
  npx atalaya hosts                     ${localAgent ? "this machine is your first host" : "the hosts you have"}
  npx atalaya run all -- uname -a       a command on every host
  npx atalaya token create              the line that adds another machine

Ctrl-C stops it.
`;
}

try {
  await main();
  process.exitCode = 0;
} catch (error) {
  if (!(error instanceof AtalayaError)) throw error;
  process.stderr.write(`atalaya: ${error.message}${error.message.endsWith("\n") ? "" : "\n"}`);
  if (error.next !== undefined) process.stderr.write(`  ${error.next}\n`);
  process.stderr.write(`  (${error.code})\n`);
  process.exitCode = failures[error.code].exit;
}
