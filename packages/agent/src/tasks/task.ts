/**
 * Words. A *task* is work of a capability that the agent does itself, as its own account: packages, services, files of the
 * system. It is done by a *worker*, the agent's program under another word, so that it outlives the agent's process as
 * every command does. What only the agent itself can do (its instances), a worker *asks* of it.
 */
import type { Progress } from "@atalaya/protocol";
import type { Policy } from "../policy/policy.ts";

/** The word for the agent's own program that makes it a worker; the folder of its hand follows. */
export const TASK_WORKER = "task-worker";

export interface Scene {
  readonly run: string;
  /** The agent's own folder. */
  readonly data: string;
  /** The task's own: blobs are here under their digests, and what is put here goes with the run. */
  readonly folder: string;
  /** What the host's owner allowed when the task was accepted. */
  readonly policy: Policy;
  /** What commands of the task are given. Holds the values of the request's secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** To the run's output, a line each. */
  say(text: string): void;
  warn(text: string): void;
  progress(progress: Progress): void;
  /** Answered by the agent's process, whichever it is by then. Throws what it refuses with. */
  ask(question: unknown): Promise<unknown>;
}

/** Resolves with the capability's result. A failure's `details.result` is told as the result, too. */
export type Perform = (request: unknown, scene: Scene) => Promise<unknown>;

/** One file of a blob in a task's folder. */
export const blobName = (sha256: string): string => `blob-${sha256}`;
