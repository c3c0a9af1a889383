/** Plain HTTPS to a server's public door, for what happens before there is a link, and for blobs. */
import { Agent, request, type IncomingMessage, type RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { AtalayaError, isFailureCode } from "@atalaya/protocol";
import { dialTls, type Dial } from "../link/dial.ts";
import { authorityOf, showAddress } from "../link/addresses.ts";
import { dialWaypoint } from "../link/waypoint-dial.ts";

export interface Call extends Omit<Dial, "protocols" | "timeoutMs"> {
  readonly method: "GET" | "HEAD" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Asks the waypoint at the address itself, and not the server behind it. */
  readonly ofWaypoint?: { readonly ca: string; readonly certificate: string; readonly key: string };
  /** Connections that stay for the next call, all to the same address and dialled alike. Absent: one for this call alone. */
  readonly connections?: Agent;
}

const MAX_BODY_BYTES = 1024 * 1024;

interface Dialled {
  dial(): Promise<Duplex>;
}

/** Connections for calls that follow each other; `destroy()` ends them. Each is dialled as the call says that needs it. */
export function keptConnections(most: number): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: most });
  const createConnection = (
    options: unknown,
    done: (error: Error | null, stream: Duplex | undefined) => void,
  ): undefined => {
    (options as Dialled).dial().then(
      (stream) => done(null, stream),
      (error: unknown) => done(error as Error, undefined),
    );
  };
  return Object.assign(agent, { createConnection });
}

/** The response of a call, its body not yet read. */
export async function open(call: Call): Promise<IncomingMessage> {
  const timeoutMs = call.timeoutMs ?? 30_000;
  const dial = () =>
    call.ofWaypoint === undefined
      ? dialTls({ ...call, protocols: call.protocols ?? ["http/1.1"], timeoutMs })
      : dialWaypoint({ ...call.ofWaypoint, address: call.address }, AbortSignal.timeout(timeoutMs));
  const { connections } = call;
  const socket = connections === undefined ? await dial() : undefined;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const options: RequestOptions & Partial<Dialled> = {
      method: call.method,
      path: call.path,
      ...(connections === undefined ? { createConnection: () => socket! } : { agent: connections, dial }),
      timeout: timeoutMs,
      headers: {
        host: authorityOf(call.address),
        accept: "application/json, */*",
        ...(connections === undefined ? { connection: "close" } : {}),
        ...call.headers,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      },
    };
    const outgoing = request(options);
    outgoing.once("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.once("error", (cause) => {
      if (cause instanceof AtalayaError) return reject(cause);
      reject(
        new AtalayaError("host.offline", `${showAddress(call.address)} does not answer: ${cause.message}`, { cause }),
      );
    });
    outgoing.once("response", resolve);
    outgoing.end(body);
  });
}

/** The body's text. Throws the failure a problem document (RFC 9457) names. */
export async function fetchText(call: Call): Promise<string> {
  const response = await open(call);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new AtalayaError("request.too-large", `${call.path} answered with too much`);
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString("utf8");
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return text;
  throw problemOf(status, text, `${showAddress(call.address)}${call.path}`);
}

/** A problem document as the failure it names; anything else as the server being out of order. */
export function problemOf(status: number, text: string, where: string): AtalayaError {
  let problem: Readonly<Partial<Record<"code" | "detail" | "title" | "next", unknown>>> = {};
  try {
    problem = (JSON.parse(text) as typeof problem | null) ?? {};
  } catch {
    // Not a problem document.
  }
  const sentence = [problem.detail, problem.title].find((part) => typeof part === "string") ?? `answered ${status}`;
  const next = typeof problem.next === "string" ? { next: problem.next } : {};
  if (isFailureCode(problem.code)) return new AtalayaError(problem.code, String(sentence), next);
  return new AtalayaError("host.offline", `${where} ${String(sentence)}`);
}
