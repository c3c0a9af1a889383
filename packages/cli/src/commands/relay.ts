/** `atalaya relay HOST PORT`. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { ClientError, type Client, type RelayWish } from "@atalaya/client";
import { UsageError, type Session } from "../session.ts";
import { printable } from "../ui/terminal.ts";
import { examples, printJson, type Context } from "./command.ts";

interface Options {
  readonly listen?: string;
  readonly to?: string;
  readonly stdio?: boolean;
}

/** What may be otherwise by the time somebody connects. */
const PASSING: ReadonlySet<string> = new Set(["relay.refused", "relay.timed-out", "host.offline", "stream.no-answer"]);

export function register(program: Command, context: Context): void {
  const command = program
    .command("relay")
    .summary("reach a port of a host")
    .description(
      "Listens on this machine and relays TCP connections to a port of a host,\nalso where nothing can reach it from here.",
    )
    .argument("<host>", "name or id")
    .argument("<port>", "port on the host's loopback")
    .option("--listen <port>", "port, or address:port, on this machine; without it a free one of 127.0.0.1")
    .option("--to <machine>", "a machine that the host reaches; its policy must name it")
    .option("--stdio", "relay one connection over standard input and output, as ssh wants it")
    .addHelpText(
      "after",
      `${examples("atalaya relay pc-01 80 --listen 8080", "atalaya relay pc-01 5432", "ssh -o ProxyCommand='atalaya relay %h 22 --stdio' pc-01")}
Any number of connections go through at once. Ctrl-C ends all. What may be
reached is the host's own choice: [relay] in its policy.toml.
`,
    );
  command.action(async (host: string, portText: string, options: Options) => {
    const { session } = context;
    const global = context.global(command);
    const client = session.client(global);
    const wish = { host, port: portOf("port", portText), ...(options.to === undefined ? {} : { target: options.to }) };
    if (options.stdio === true) {
      if (options.listen !== undefined) throw new UsageError("--stdio relays one connection: it listens nowhere");
      return overStdio(client, wish, session.interrupted);
    }
    const where = listenOf(options.listen);
    await probe(client, wish, session);
    await using listener = await listening(client, wish, where, session);
    const address = `${listener.address.includes(":") ? `[${listener.address}]` : listener.address}:${listener.port}`;
    if (global.json === true) await printJson(session, { address, host, port: wish.port });
    else {
      const target = wish.target === undefined ? `port ${wish.port} of` : `${wish.target}:${wish.port} as seen by`;
      await session.terminal.out.write(`${address} leads to ${target} ${printable(host)}. Ctrl-C ends it.\n`);
    }
    if (!session.interrupted.aborted) await once(session.interrupted, "abort");
  });
}

/** Wrong names and missing rights are told at once; a service that does not run yet is only a warning. */
async function probe(client: Client, wish: RelayWish, { terminal }: Session): Promise<void> {
  try {
    (await client.openRelay(wish)).destroy();
  } catch (error) {
    if (!(error instanceof ClientError) || !PASSING.has(error.code)) throw error;
    await terminal.err.write(`Not yet: ${printable(error.detail)} (${error.code})\n`);
  }
}

async function overStdio(client: Client, wish: RelayWish, interrupted: AbortSignal): Promise<void> {
  const bytes = await client.openRelay(wish);
  interrupted.addEventListener("abort", () => bytes.destroy(), { once: true });
  process.stdin.on("error", () => bytes.destroy());
  process.stdin.pipe(bytes);
  // Not ended with it: others may still want to say something there.
  await pipeline(bytes, process.stdout, { end: false });
  process.stdin.unref();
}

async function listening(
  client: Client,
  wish: RelayWish,
  where: { readonly host: string; readonly port: number },
  session: Session,
) {
  const open = new Set<Socket>();
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined).once("close", () => open.delete(socket));
    relayed(client, wish, socket).catch((error: unknown) => {
      socket.destroy();
      // Who hangs up in the middle is no news.
      if (!(error instanceof ClientError) || error.code === "stream.broken") return;
      void session.terminal.err.write(`A connection failed: ${printable(error.detail)} (${error.code})\n`);
    });
  });
  server.listen(where);
  await once(server, "listening").catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`--listen: cannot listen on ${where.host}:${where.port} (${cause.code ?? cause.message})`);
  });
  const { address, port } = server.address() as AddressInfo;
  return {
    address,
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function relayed(client: Client, wish: RelayWish, socket: Socket): Promise<void> {
  const bytes = await client.openRelay(wish);
  socket.once("close", () => bytes.destroy());
  if (socket.destroyed) return void bytes.destroy();
  await Promise.all([pipeline(socket, bytes, { end: true }), pipeline(bytes, socket, { end: true })]);
}

function listenOf(text: string | undefined): { readonly host: string; readonly port: number } {
  if (text === undefined) return { host: "127.0.0.1", port: 0 };
  const at = text.lastIndexOf(":");
  const host = at === -1 ? "127.0.0.1" : text.slice(0, at).replace(/^\[(.*)\]$/, "$1");
  return { host, port: portOf("--listen", text.slice(at + 1)) };
}

function portOf(what: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new UsageError(`${what}: ${text} is no port from 1 to 65535`);
  return port;
}
