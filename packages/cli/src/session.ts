/** What every command needs: where to print, and on demand the server. Made once, by `main.ts`. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createClient, ClientError, type Client } from "@atalaya/client";
import type { Terminal } from "./ui/terminal.ts";

export interface GlobalOptions {
  readonly json?: boolean;
  readonly server?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly data?: string;
}

export interface Session {
  readonly terminal: Terminal;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => number;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  client(options: GlobalOptions): Client;
  close(): void;
}

/** A wrong call: exit status 2, with a hint to `--help`. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function createSession(needs: Omit<Session, "client" | "close">): Session {
  let client: Client | undefined;
  return {
    ...needs,
    client(options) {
      return (client ??= createClient(findServer(options, needs.env)));
    },
    close() {
      client?.close();
    },
  };
}

/** PEM of the fleet's CA: the one that was named, or the one of the server of this machine. */
export function findCa(options: GlobalOptions, env: NodeJS.ProcessEnv): string | undefined {
  const named = options.ca ?? env["ATALAYA_CA"];
  return named === undefined ? localServer(options, env)?.ca : textFrom(named);
}

interface Server {
  readonly url: string;
  /** A function where it stands in a file that each start of the server writes anew. */
  readonly token?: string | (() => string | undefined);
  readonly ca?: string;
}

/**
 * Where the server is and who we are: options, then `ATALAYA_SERVER`, `ATALAYA_TOKEN_FILE` or `ATALAYA_TOKEN`,
 * `ATALAYA_CA`; otherwise the server of this machine, by what it left in its data folder.
 */
export function findServer(options: GlobalOptions, env: NodeJS.ProcessEnv): Server {
  const url = serverUrl(options.server ?? env["ATALAYA_SERVER"]);
  const tokenFile = options.tokenFile ?? env["ATALAYA_TOKEN_FILE"];
  const caFile = options.ca ?? env["ATALAYA_CA"];
  const token = tokenFile === undefined ? env["ATALAYA_TOKEN"] : secretFrom(tokenFile);
  const ca = caFile === undefined ? undefined : textFrom(caFile);
  const given = { ...(token === undefined ? {} : { token }), ...(ca === undefined ? {} : { ca }) };
  const local = token !== undefined && ca !== undefined && url !== undefined ? undefined : localServer(options, env);
  if (url !== undefined) {
    // The server of this machine may be named too: then what it left is used for what was not given.
    const isLocal = local !== undefined && local.url === url;
    return { ...(isLocal ? local : {}), ...given, url };
  }
  if (local !== undefined) return { ...local, ...given };
  const named = options.data ?? env["ATALAYA_DATA"];
  throw new ClientError({
    code: "server.unreachable",
    detail:
      named === undefined
        ? "There is no server on this machine that this account may use."
        : `No server has its data in ${resolve(named)}, or this account may not read it.`,
    next: "Start one with `npm start`, say where its data is (--data FOLDER), or name another:\n  --server https://host:8443 --ca ca.pem --token-file FILE\n  (or ATALAYA_SERVER, ATALAYA_CA, ATALAYA_TOKEN_FILE)",
  });
}

function localServer(options: GlobalOptions, env: NodeJS.ProcessEnv): Server | undefined {
  for (const folder of dataFolders(options, env)) {
    const url = urlIn(join(folder, "server.json"));
    if (url === undefined) continue;
    const ca = readIfThere(join(folder, "ca.pem"));
    const token = (): string | undefined => readIfThere(join(folder, "local-token"))?.trim();
    return { url, token, ...(ca === undefined ? {} : { ca }) };
  }
  return undefined;
}

/** Where the server of this machine keeps its data; undefined where there is none that this account may see. */
export function localServerFolder(options: GlobalOptions, env: NodeJS.ProcessEnv): string | undefined {
  return dataFolders(options, env).find((folder) => existsSync(join(folder, "server.json")));
}

/** `https://HOST:PORT`; HOST:PORT alone means just that. */
function serverUrl(said: string | undefined): string | undefined {
  if (said === undefined || said === "") return undefined;
  const url = URL.parse(said.includes("://") ? said : `https://${said}`);
  if (url?.protocol !== "https:" || url.hostname === "")
    throw new UsageError(`${said} is not the address of a server: write https://HOST:PORT`);
  return url.href.replace(/\/+$/, "");
}

function urlIn(file: string): string | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  try {
    const { url } = JSON.parse(text) as { readonly url?: unknown };
    if (typeof url === "string") return url;
  } catch {
    // Told below: half a file and a wrong one are the same to us.
  }
  throw new UsageError(`${file} does not say where the server is: start the server again`);
}

/** The named one, or `.atalaya` here or in a folder above, or where a packaged server keeps it. */
function dataFolders(options: GlobalOptions, env: NodeJS.ProcessEnv): readonly string[] {
  const named = options.data ?? env["ATALAYA_DATA"];
  if (named !== undefined) return [resolve(named)];
  const folders: string[] = [];
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    folders.push(join(folder, ".atalaya"));
    if (folder === dirname(folder)) return [...folders.filter(isOurs), "/var/lib/atalaya"];
  }
}

/** A folder that somebody else put in our way, in /tmp for example, must not get our token. */
function isOurs(folder: string): boolean {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
  return owner === process.getuid?.() || owner === 0;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "ENOTDIR") return undefined;
    throw cause;
  }
}

function textFrom(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** A file that others may read holds no secret. */
function secretFrom(path: string): string {
  const text = textFrom(path).trim();
  if ((statSync(path).mode & 0o077) !== 0) throw new UsageError(`${path} can be read by others: chmod 600 ${path}`);
  return text;
}
