/** The real server as a process of a test: started, killed, started again on the same data. */
import { request } from "node:https";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { serverStart } from "@atalaya/server/start";
import { ownProcess, type OwnedProcess, type ProcessOptions } from "./process.ts";

const MAIN = fileURLToPath(import.meta.resolve("@atalaya/server/main"));
/** The same that `npm start` keeps: a server is measured as it is run. */
const COMPILED = fileURLToPath(new URL("../../../../node_modules/.cache/atalaya", import.meta.url));

export interface Answer<T = unknown> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: T;
}

export interface ServerProcess extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  readonly data: string;
  /** PEM. */
  readonly ca: string;
  /** The admin token of the server's own machine; new with every start. */
  readonly token: string;
  readonly process: OwnedProcess;
  /** One REST call as the local administrator. */
  call<T>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>;
  /** Ends it (SIGKILL by default) and resolves when it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
}

export interface ServerProcessOptions {
  /** Folder for its data; the caller's to remove. */
  readonly data: string;
  readonly host?: string;
  /** Absent: a free one. */
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Calls go through this Unix socket (`doorway`): for a server in a network namespace. */
  readonly socketPath?: string;
  /** How to start a process: inside a network namespace, for example. */
  readonly spawn?: (options: ProcessOptions) => OwnedProcess;
}

export async function serverProcess(options: ServerProcessOptions): Promise<ServerProcess> {
  const host = options.host ?? "127.0.0.1";
  const port = options.port ?? (await freePort());
  const spawn = options.spawn ?? ownProcess;
  let child: OwnedProcess;
  let token = "";
  let ca = "";

  async function start(): Promise<void> {
    child = spawn({
      program: process.execPath,
      args: [...serverStart.nodeFlags, MAIN],
      env: {
        ATALAYA_LISTEN: `${host}:${port}`,
        ATALAYA_DATA: options.data,
        ATALAYA_LOCAL_AGENT: "off",
        ATALAYA_LOG_FORMAT: "json",
        ATALAYA_LOG_LEVEL: "warn",
        NODE_COMPILE_CACHE: COMPILED,
        ...options.env,
      },
    });
    await child.prints(/Atalaya .*is ready/, 60_000);
    token = readFileSync(join(options.data, "local-token"), "utf8").trim();
    ca = readFileSync(join(options.data, "ca.pem"), "utf8");
  }

  await start();
  return {
    host,
    port,
    url: `https://${host}:${port}`,
    data: options.data,
    get ca() {
      return ca;
    },
    get token() {
      return token;
    },
    get process() {
      return child;
    },
    call: (method, path, body, headers) =>
      callServer(
        { host, port, ca, token, ...(options.socketPath === undefined ? {} : { socketPath: options.socketPath }) },
        method,
        path,
        body,
        headers,
      ),
    async end(signal = "SIGKILL") {
      await child.end(signal);
    },
    start,
    async [Symbol.asyncDispose]() {
      await child[Symbol.asyncDispose]();
    },
  };
}

export interface CallTarget {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  readonly token?: string;
  readonly socketPath?: string;
}

/** A REST call with nothing between: for tests that must also send what a client would not. */
export function callServer<T>(
  target: CallTarget,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        ...(target.socketPath === undefined
          ? { host: target.host, port: target.port }
          : { socketPath: target.socketPath }),
        ca: target.ca,
        servername: "localhost",
        method,
        path,
        agent: false,
        headers: {
          ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", reject);
        response.on("end", () => {
          const bytes = Buffer.concat(parts);
          const isJson = /json/.test(response.headers["content-type"] ?? "");
          const parsed = isJson ? (JSON.parse(bytes.toString("utf8")) as T) : (bytes as T);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parsed });
        });
      },
    );
    call.on("error", reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
