import { createHash } from "node:crypto";
import { open as openFile, type FileHandle } from "node:fs/promises";
import type { Agent, IncomingMessage } from "node:http";
import { AtalayaError, failures, LINK_PROTOCOL } from "@atalaya/protocol";
import { open, problemOf } from "./enrol/https.ts";
import type { Up } from "./link/link.ts";
import type { Environment } from "./link/proxy.ts";
import { pause } from "./platform/pause.ts";

export interface BlobWish {
  readonly sha256: string;
  /** The run that names the blob: knowing a digest is no permission. */
  readonly run: string;
  readonly into: string;
  /** The link of the moment; undefined while there is none. */
  link(): Pick<Up, "address" | "enrolled"> | undefined;
  key(): Promise<string>;
  readonly environment: Environment;
  /** How long to wait before asking again; tests have less patience. */
  readonly waitsMs?: readonly number[];
  /** Goes on behind what the file holds, and asks again for as long as it takes, until the signal. */
  readonly patient?: { readonly signal: AbortSignal };
  /** Connections to the server, or to the waypoint that the link goes through, that stay for the next blob. */
  connections?(to: "server" | "waypoint"): Agent;
  /** What is asked with instead of `run`, each time anew. */
  authority?(of: "server" | "waypoint"): string;
  /** Told how much of the blob is here. */
  came?(bytes: number): void;
}

/** A server that restarts, or one that has too many callers, is back within these; more fruitless ones in a row end it. */
const WAITS_MS = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

/**
 * Fetches a blob over the link's door, with the agent's certificate, beside the link; from the waypoint that the link
 * goes through, if that has it or brings it. What breaks off goes on where it stopped. When this resolves the file holds it whole, and was checked; a file with other bytes is emptied.
 */
export async function fetchBlob(wish: BlobWish): Promise<void> {
  const { sha256, into, patient } = wish;
  const file = await openFile(into, patient === undefined ? "w+" : "a+", 0o600);
  try {
    const source: Source = { waypoint: "untried", asked: false };
    if ((await bring(wish, file, source)) === sha256) return;
    // The server's own bytes decide.
    if (source.asked) {
      await file.truncate(0);
      if ((await bring(wish, file, { waypoint: "passed-by", asked: false })) === sha256) return;
    }
    await file.truncate(0);
    throw new AtalayaError("blob.mismatch", `what the server sent is not the blob ${sha256}`);
  } finally {
    await file.close();
  }
}

/** Where bytes come from: a waypoint that fails is passed by, for as long as the link goes through it. */
interface Source {
  waypoint: "untried" | "passed-by" | ReturnType<BlobWish["link"]>;
  /** A waypoint has been asked, and may have sent bytes. */
  asked: boolean;
}

/** Brings the file to its end and returns the digest of all of it, lower-case hex. */
async function bring(wish: BlobWish, file: FileHandle, source: Source): Promise<string> {
  const { waitsMs = WAITS_MS, patient } = wish;
  const hash = createHash("sha256");
  let offset = 0;
  const took = (part: Uint8Array): void => {
    hash.update(part);
    offset += part.length;
    wish.came?.(offset);
  };
  if (patient !== undefined) await readAll(file, took);
  let fruitless = 0;
  for (;;) {
    patient?.signal.throwIfAborted();
    const before = offset;
    try {
      await fetchFrom(
        wish,
        source,
        () => offset,
        async (part) => {
          await writeAll(file, part);
          took(part);
        },
      );
      return hash.digest("hex");
    } catch (error) {
      const failure = asFailure(error);
      fruitless = offset > before ? 0 : fruitless + 1;
      const waitMs = waitsMs[patient === undefined ? fruitless : Math.min(fruitless, waitsMs.length - 1)];
      if (waitMs === undefined || !failures[failure.code].retry) throw failure;
      // Half of it by lot: the hosts of one job must not come back together.
      await pause(waitMs * (0.5 + Math.random() / 2), patient?.signal);
    }
  }
}

type Take = (part: Buffer) => Promise<void>;

/** From the waypoint's cache where there is one, and otherwise, or for the rest, from the server. */
async function fetchFrom(wish: BlobWish, source: Source, offset: () => number, take: Take): Promise<void> {
  const up = wish.link();
  if (up === undefined) throw new AtalayaError("host.offline", "a blob could not be fetched: the link is down");
  if (up.address.via === true && source.waypoint !== "passed-by" && source.waypoint !== up) {
    source.asked = true;
    try {
      return await ask(wish, up, "waypoint", offset(), take);
    } catch (error) {
      if (wish.patient?.signal.aborted === true) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? "";
      // A disk that is full is so whoever sends.
      if (code === "ENOSPC" || code === "EDQUOT") throw error;
      source.waypoint = up;
    }
  }
  return ask(wish, up, "server", offset(), take);
}

async function ask(
  wish: BlobWish,
  up: NonNullable<ReturnType<BlobWish["link"]>>,
  of: "server" | "waypoint",
  offset: number,
  take: Take,
): Promise<void> {
  const { sha256, key, environment, patient } = wish;
  const { ca, certificate } = up.enrolled;
  const identity = { ca, certificate, key: await key() };
  const response = await open({
    method: "GET",
    path: `/blobs/${sha256}?${wish.authority?.(of) ?? `run=${wish.run}`}`,
    address: up.address,
    environment,
    ...identity,
    protocols: [LINK_PROTOCOL],
    ...(of === "waypoint" ? { ofWaypoint: identity } : {}),
    ...(wish.connections === undefined ? {} : { connections: wish.connections(of) }),
    ...(offset === 0 ? {} : { headers: { range: `bytes=${offset}-` } }),
  });
  const end = (): void => void response.destroy();
  patient?.signal.addEventListener("abort", end, { once: true });
  try {
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw problemOf(status, await textOf(response), `/blobs/${sha256}`);
    // Cut between the last byte and the end of the answer: a range of nothing comes as an empty whole.
    if (offset > 0 && status !== 206 && response.headers["content-length"] !== "0") {
      response.destroy();
      throw new AtalayaError("frame.unexpected", "the server answered a range with something else");
    }
    for await (const part of response as AsyncIterable<Buffer>) await take(part);
  } finally {
    patient?.signal.removeEventListener("abort", end);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response as AsyncIterable<Buffer>) text = (text + part.toString("utf8")).slice(0, 65_536);
  return text;
}

async function readAll(file: FileHandle, took: (part: Uint8Array) => void): Promise<void> {
  const part = Buffer.allocUnsafe(1024 * 1024);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(part, 0, part.length, at);
    if (bytesRead === 0) return;
    took(part.subarray(0, bytesRead));
    at += bytesRead;
  }
}

async function writeAll(file: FileHandle, part: Buffer): Promise<void> {
  for (let at = 0; at < part.length;) at += (await file.write(part, at)).bytesWritten;
}

/** A connection that breaks is a failure like any other that waiting may cure; a full disk is not. */
function asFailure(error: unknown): AtalayaError {
  if (error instanceof AtalayaError) return error;
  const cause = error as NodeJS.ErrnoException;
  if (cause.code === "ECONNRESET" || cause.code === "EPIPE" || cause.code === "ETIMEDOUT") {
    return new AtalayaError("host.offline", `the server went away while it sent a blob: ${cause.message}`, { cause });
  }
  if (cause.code === "ENOSPC" || cause.code === "EDQUOT")
    return new AtalayaError("deploy.no-space", "the disk of the agent's folder is full", { cause });
  return new AtalayaError("run.cannot-start", `a blob could not be kept: ${cause.message}`, { cause });
}
