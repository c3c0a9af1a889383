/**
 * Members ask a waypoint for blobs of runs. Whether they may, the server says each time: it knows whose link comes
 * through here and what their runs name. The bytes come over our own link's way, once.
 */
import type { Agent, IncomingMessage, ServerResponse } from "node:http";
import { AtalayaError, failures, isFailureCode, LINK_PROTOCOL } from "@atalaya/protocol";
import { fetchBlob } from "../blobs.ts";
import { keptConnections, open } from "../enrol/https.ts";
import type { Environment } from "../link/proxy.ts";
import { failureOf, type Log } from "../platform/log.ts";
import type { BlobCache } from "./blob-cache.ts";
import type { OwnLink } from "./own-link.ts";

export interface BlobRequestsNeeds {
  readonly cache: () => Promise<BlobCache>;
  /** Our own link; undefined while there is none. */
  readonly link: () => OwnLink | undefined;
  readonly environment: Environment;
  readonly log: Log;
}

export interface BlobRequests extends Disposable {
  answer(member: string, request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface BlobRequest {
  readonly sha256: string;
  readonly run: string;
  /** The enrolment whose run it is: another than the member's where that is a waypoint itself. */
  readonly owner: string | undefined;
  readonly offset: number;
}

const PATH = /^\/blobs\/([0-9a-f]{64})\?run=([A-Za-z0-9_-]{1,64})(?:&for=([A-Za-z0-9_-]{1,64}))?$/;
const RANGE = /^bytes=(\d{1,15})-$/;
const CONNECTIONS = 16;
/** Who takes nothing for so long has left. */
const SLOW_MS = 60_000;

/** Undefined: this asks for no blob. */
export function readBlobRequest(
  method: string | undefined,
  target: string | undefined,
  range: string | undefined,
): BlobRequest | undefined {
  const [, sha256, run, owner] = PATH.exec(target ?? "") ?? [];
  const offset = range === undefined ? "0" : RANGE.exec(range)?.[1];
  if (method !== "GET" || sha256 === undefined || run === undefined || offset === undefined) return undefined;
  return { sha256, run, owner, offset: Number(offset) };
}

export function createBlobRequests({ cache, link, environment, log }: BlobRequestsNeeds): BlobRequests {
  const asking = new Map<string, Set<Authority>>();
  let kept: { readonly link: OwnLink; readonly agent: Agent } | undefined;

  function connections(own: OwnLink): Agent {
    if (kept?.link !== own) {
      kept?.agent.destroy();
      kept = { link: own, agent: keptConnections(CONNECTIONS) };
    }
    return kept.agent;
  }

  /** The blob's size. Throws when the server does not let this one read it now. */
  async function authorise(sha256: string, authority: Authority): Promise<number> {
    const own = link();
    if (own === undefined) throw new AtalayaError("waypoint.no-link", "the waypoint has no link itself");
    const { ca, certificate } = own.enrolled;
    const response = await open({
      method: "HEAD",
      path: `/blobs/${sha256}?${queryOf(authority, true)}`,
      address: own.address,
      environment,
      ca,
      certificate,
      key: own.key,
      protocols: [LINK_PROTOCOL],
      connections: connections(own),
    });
    response.resume();
    const status = response.statusCode ?? 0;
    if (status === 200) return Number(response.headers["content-length"]);
    throw status >= 500
      ? new AtalayaError("waypoint.no-link", "the server could not say whether this may be read")
      : new AtalayaError("waypoint.forbidden", "no run of that host names this blob");
  }

  async function answer(member: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = readBlobRequest(request.method, request.url, request.headers.range);
    if (asked === undefined) return problem(response, new AtalayaError("route.unknown", "there is no such thing here"));
    const { sha256, offset } = asked;
    const authority: Authority = { run: asked.run, owner: asked.owner ?? member, by: member };
    const others = asking.get(sha256) ?? new Set();
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    try {
      const size = await authorise(sha256, authority);
      asking.set(sha256, others.add(authority));
      const parts = (await cache()).read({ sha256, size, offset, signal: gone.signal }, (into, came, signal) =>
        fetchBlob({
          sha256,
          run: authority.run,
          into,
          came,
          patient: { signal },
          link,
          key: async () => link()?.key ?? "",
          environment,
          // Whoever still waits: the first may have given up, and its run have ended.
          authority: (of) => queryOf(others.values().next().value ?? authority, of === "server"),
        }),
      );
      await send(parts, response, { size, offset });
    } catch (error) {
      log.warn("waypoint.blob-refused", { member, sha256, ...failureOf(error) });
      problem(response, error);
    } finally {
      others.delete(authority);
      if (others.size === 0) asking.delete(sha256);
    }
  }

  return {
    answer,
    [Symbol.dispose]() {
      kept?.agent.destroy();
    },
  };
}

interface Authority {
  readonly run: string;
  readonly owner: string;
  readonly by: string;
}

/** The next waypoint knows by its caller's certificate who asks; the server must be told who asked us. */
function queryOf({ run, owner, by }: Authority, isServer: boolean): string {
  return `run=${run}&for=${owner}${isServer ? `&by=${by}` : ""}`;
}

async function send(
  parts: AsyncGenerator<Buffer>,
  response: ServerResponse,
  { size, offset }: { readonly size: number; readonly offset: number },
): Promise<void> {
  response.setTimeout(SLOW_MS, () => response.destroy());
  // Before the first byte is here a failure can still be said.
  let next = await parts.next();
  const left = Math.max(0, size - offset);
  const isPart = offset > 0 && left > 0;
  response.writeHead(isPart ? 206 : 200, {
    "content-type": "application/octet-stream",
    "content-length": left,
    ...(isPart ? { "content-range": `bytes ${offset}-${size - 1}/${size}` } : {}),
  });
  try {
    for (; next.done !== true; next = await parts.next()) {
      if (response.destroyed) return;
      if (!response.write(next.value)) await drained(response);
    }
    response.end();
  } catch {
    // Half an answer is told by its end.
    response.destroy();
  } finally {
    await parts.return(undefined);
  }
}

/** Or it has closed. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.once("drain", done).once("close", done);
  });
}

function problem(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const { code, message } = failureOf(error);
  const known = isFailureCode(code) ? code : "server.internal";
  const body = JSON.stringify({ code: known, detail: message });
  response.writeHead(failures[known].status, {
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
